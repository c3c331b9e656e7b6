"""`manage.py count`: a counter for people who voted on paper.

Reads three files, counts, prints. It needs no database and no settings: `manage.py` runs
it before either is looked at. With --json, stdout is exactly one JSON object whatever
the input, wrong arguments included; warnings go to stderr. Exit status 0 where the
motions were counted (faulty ballots or not), 1 where they were not.
"""

from typing import Any, NoReturn

from django.core.management.base import CommandParser

from core.errors import RuleViolation
from core.exact import format_area, share_down
from core.tables import Table, content_of, read_table
from registry.management.json_command import JsonCommand
from voting.domain.plain_count import MotionCount, PlainCount, count
from voting.domain.thresholds import Count

# A row for every party and motion; a .xlsx is bounded more tightly.
MAX_BALLOTS = 1_048_576
_RESULTS = {"passed": "通过", "rejected": "不通过", "no_quorum": "参与表决的业主不足三分之二"}
_FILES = {"roll": "名册", "motions": "事项", "ballots": "表决票"}
_TESTS = {
    "quorum.heads": "参与人数不足三分之二",
    "quorum.area": "参与面积不足三分之二",
    "approval.heads": "同意人数不够",
    "approval.area": "同意面积不够",
}


class Command(JsonCommand):
    help = "Count a vote held on paper from a roll, motions and ballots (.csv or .xlsx)."
    usage = "命令的参数不对，应为 --roll 名册 --motions 事项 --ballots 表决票 --json"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # Not required by argparse: a missing one is a fault like any other.
        parser.add_argument(
            "--roll",
            help="columns 房号, 建筑面积, 业主姓名, 证件号码 (several joined by 、), "
            "状态 (已交付, 未售, 已售未交付)",
        )
        parser.add_argument("--motions", help="columns 事项, 类别 (1-9), 标题")
        parser.add_argument("--ballots", help="columns 房号, 事项, 意见 (同意, 反对, 弃权)")

    def refuse(self, reason: str) -> NoReturn:
        self._end(count(roll=reason, motions=reason, ballots=reason), as_json=True)

    def handle(self, *args: Any, **options: Any) -> None:
        self._end(
            count(
                roll=_table("roll", options["roll"]),
                motions=_table("motions", options["motions"]),
                ballots=_table("ballots", options["ballots"]),
            ),
            as_json=options["json"],
        )

    def _end(self, result: PlainCount, *, as_json: bool) -> NoReturn:
        for warning in result.warnings:
            self.stderr.write(f"提示：{warning}")
        status = 0 if result.sound else 1
        self.end(result.as_json(), _lines(result), as_json=as_json, status=status)


def _table(file: str, path: str | None) -> Table | str:
    """The table in a file, or the reason why there is none."""
    if not path:
        return f"没有给出 --{file} 文件"
    try:
        return read_table(content_of(path), path, max_rows=MAX_BALLOTS)
    except RuleViolation as violation:
        return str(violation)


def _lines(result: PlainCount) -> list[str]:
    # What was not counted comes first: below all the verdicts nobody reads it.
    lines = []
    if not result.sound:
        lines.append("没有计票：请先改正下列问题。")
    if result.faults:
        lines.append(f"问题 {len(result.faults)} 处：")
    lines += [
        f"  {_FILES[fault.file]}{f'第 {fault.row} 行' if fault.row else ''}：{fault.reason}"
        for fault in result.faults
    ]
    if result.sound:
        lines += [""] if result.faults else []
        lines.append(f"名册：{_pair(result.roll)}")
        for motion in result.motions:
            lines += _motion_lines(motion, result.roll)
    return lines


def _motion_lines(motion: MotionCount, roll: Count) -> list[str]:
    taking_part = motion.participating
    lines = [
        "",
        f"事项 {motion.motion}（第 {motion.matter} 类）{motion.title}",
        f"  参与表决　{_pair(taking_part)}　{_shares(taking_part, roll)}",
        f"  同意　　　{_pair(motion.approving)}　{_shares(motion.approving, taking_part)}",
        f"  反对　　　{_pair(motion.against)}",
        f"  弃权　　　{_pair(motion.abstaining)}",
        f"  需要同意　{'超过二分之一' if motion.required.value == '1/2' else '四分之三以上'}",
        f"  结果　　　{_RESULTS[motion.decision.outcome.value]}",
    ]
    if motion.decision.failed:
        lines[-1] += f"（{'、'.join(_TESTS[test] for test in motion.decision.failed)}）"
    return lines


def _pair(measures: Count) -> str:
    return f"{measures.heads} 人，{format_area(measures.area)} 平方米"


def _shares(part: Count, whole: Count) -> str:
    """Rounded down; only the fractions decide."""
    heads, area = (share_down(*pair) for pair in zip(part, whole, strict=True))
    return f"（人数 {heads}，面积 {area}）"
