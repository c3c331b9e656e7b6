"""Invented problems at estates of the city's register, in every state; the same every time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from accounts.models import User
from committees.domain.problems import Said
from committees.models import Problem
from committees.services.problem_closings import close_problem, reopen_problem
from committees.services.problems import (
    Origin,
    add_item,
    correct_problem,
    move_deadline,
    note_progress,
    report_problem,
)
from committees.tasks import file_due_findings
from core.deadlines import local_day
from disclosures.steps import By
from portal.demo.sheets import blank_page
from registry.models import Authority, Estate

COUNT, SEED = 48, 20260102
_LOCAL = 23
_SOURCES = ("own", "own", "own", "petition", "hotline_12345", "hotline_1584")


class _Kind(NamedTuple):
    item: int
    content: str
    measures: str
    campaign: int | None = None


_KINDS = (
    _Kind(1, "北门两个垃圾桶满溢，周边地面有油污", "增加早晚各一次清运，地面冲洗", 1),
    _Kind(1, "中心绿地大片斑秃，灌木枯死没有补种", "十月补种，专人浇水", 1),
    _Kind(2, "东侧主路路面破损，雨天积水", "铣刨重铺，疏通雨水口", 2),
    _Kind(2, "地下车库照明缺损一半以上", "更换灯管，登记巡检", 2),
    _Kind(3, "架空层被隔成杂物间", "限期腾空，恢复原样", 1),
    _Kind(5, "访客车辆停在环形车道上，没有标志和登记", "划线、设标志，出入登记", 3),
    _Kind(6, "电梯维护保养记录缺三个月，没有安全员", "补做检验，任命安全员", 4),
    _Kind(10, "楼道灭火器过期，消控室夜间无人值班", "更换器材，排班两人持证", 4),
    _Kind(11, "消防车道没有划线，常年停车", "划线、立牌，劝离车辆", 3),
    _Kind(12, "楼道里给电动自行车充电", "建集中充电点，楼道清理", 3),
    _Kind(13, "管道井封堵不严密", "逐层封堵，请消防验收", None),
    _Kind(17, "停车收费没有明码标价", "公示价格，多收的退还", 4),
    _Kind(19, "原物业服务企业没有移交监控资料", "街道约谈，列清单移交", 4),
    _Kind(20, "保修期内外墙渗水，开发单位没有维修", "约谈开发单位，定维修日期", None),
    _Kind(_LOCAL, "飞线充电，从窗口拉电线到楼下", "拆除电线，装充电桩", 4),
)


def keep_problems(
    city: Authority, head: User, at: datetime, say: Callable[[str], None]
) -> None:
    """Some problems of this year; what the system finds by itself is beside them."""
    add_item(
        authority_id=city.pk, number=_LOCAL, words="飞线充电、私拉电线。",
        actor=f"user:{head.pk}", at=at,
    )  # fmt: skip
    estates = list(Estate.objects.filter(records__isnull=False).distinct().order_by(
        "division", "name", "pk"
    ))  # fmt: skip
    dice = Random(SEED)  # noqa: S311 (invented, and the same every time)
    for place in range(COUNT if estates else 0):
        estate = estates[place * 7 % len(estates)]
        _keep(dice, place, estate, By(f"user:{head.pk}", "bureau"), at)
    found = file_due_findings(at)
    say(f"{city.name}的问题台账：登记 {COUNT} 个问题，系统在 {found} 个小区有发现")


def _keep(dice: Random, place: int, estate: Estate, head: By, at: datetime) -> None:
    """One problem, and as far as it has come: by its place, so that every state is there."""
    clerk = By("demo:clerk", "residents_committee")
    today = local_day(at)
    kind = _KINDS[place % len(_KINDS)]
    found_on = today - timedelta(days=dice.randrange(25, 80))
    last_week = today - timedelta(days=7)
    late = place % 6 == 0
    deadline = last_week if late else today + timedelta(days=dice.randrange(5, 40))
    made = report_problem(
        estate_id=estate.pk,
        origin=Origin(dice.choice(_SOURCES), found_on, deadline, f"demo {place}"),
        said=_said(kind),
        by=clerk,
        at=at,
    )
    if place % 6 in (1, 2, 3, 4):
        _progress(made, "已经进场整治", found_on + timedelta(days=6), clerk, at)
    if place % 6 in (3, 4):
        _close(made, last_week, head, at)
    if place % 12 == 4:
        reopen_problem(
            problem_id=made.pk, reason="复查时又出现了", deadline=deadline, by=head, at=at
        )
    if place % 12 == 2:
        later = deadline + timedelta(days=14)
        reason = "连续降雨，施工顺延"
        move_deadline(problem_id=made.pk, deadline=later, reason=reason, by=head, at=at)
    if place % 24 == 1:
        said = _said(kind)._replace(measures=f"{kind.measures}，每周复查")
        reason = "补充整治措施"
        correct_problem(problem_id=made.pk, said=said, reason=reason, by=clerk, at=at)


def _said(kind: _Kind) -> Said:
    return Said(
        item=kind.item,
        content=kind.content,
        unit="样例物业服务有限公司",
        company="样例物业服务有限公司",
        person="示例负责人",
        campaign=kind.campaign,
        standard="二级" if kind.campaign else "",
        measures=kind.measures,
    )


def _progress(made: Problem, text: str, day: date, by: By, at: datetime) -> None:
    note_progress(problem_id=made.pk, day=day, text=text, person="", papers=[], by=by, at=at)


def _close(made: Problem, day: date, by: By, at: datetime) -> None:
    close_problem(
        problem_id=made.pk, day=day, inspector="示例验收人", text="现场复查，已经改好",
        papers=[("现场.png", blank_page())], by=by, at=at,
    )  # fmt: skip
