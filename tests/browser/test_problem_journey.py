"""A problem on a phone without script: reported, put right, looked over, read by everybody.

Pictures go to var/screens/.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from committees.models import Problem
from tests.browser.conftest import Open, shoot
from tests.browser.officials import seated, session_of
from tests.browser.test_cabinet_journey import aside
from tests.committees.city import authority, city
from tests.committees.troubles import BUREAU, closed, place, progressed, reported
from tests.documents.test_scans import photo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _filled() -> tuple[str, str, str]:
    """One problem that is late, one complaint that is closed; the estate's code, the sessions
    of a clerk and of somebody of the street office."""
    city()
    estate, now = place(), timezone.now()
    late = reported(
        estate, content="消防车道没有划线，常年停车", item=11, at=now,
        deadline=timezone.localdate() - timedelta(days=3),
    )  # fmt: skip
    progressed(late, "已经划线，等立牌", at=now)
    done = reported(estate, source="petition", item=4, content="三楼老太太说隔壁养鸡")
    progressed(done)
    closed(done, by=BUREAU)
    clerk = session_of(authority("999901001001居委会"), "residents_committee")
    return estate.code, clerk, session_of(authority("东1街道办事处"), "street_office")


def _number(content: str) -> int:
    return Problem.objects.get(content=content).pk


def test_a_problem_from_the_list_to_its_end(
    open_page: Open, live_server: Any, tmp_path: Path
) -> None:
    code, clerk, official = aside(_filled)
    picture = tmp_path / "现场.jpg"
    picture.write_bytes(photo())
    page = seated(open_page(js=False), clerk, live_server)
    page.goto("/staff/registers/problems/")
    shoot(page, "problems")
    page.get_by_role("link", name="登记问题").click()
    page.get_by_role("link", name="东苑").click()
    page.get_by_label("问题内容").fill("北门两个垃圾桶满溢")
    page.get_by_label("1. 物业服务企业未按照合同约定落实保洁").check()
    page.get_by_label("责任单位").fill("样例物业")
    page.get_by_role("button", name="保存").click()
    assert "请填写整改完成时限" in page.inner_text("main")
    page.get_by_label("整改完成时限").fill(str(timezone.localdate() + timedelta(days=9)))
    shoot(page, "problem-new")
    page.get_by_role("button", name="保存").click()
    assert "北门两个垃圾桶满溢" in page.inner_text("main")
    page.get_by_role("link", name="填整改进展").click()
    page.get_by_label("整改进展").fill("已经清运两次")
    page.get_by_role("button", name="保存").click()
    made = aside(_number, "北门两个垃圾桶满溢")

    street = seated(open_page(js=False), official, live_server)
    street.goto(f"/staff/registers/problems/{made}/")
    street.get_by_role("link", name="验收销号").click()
    street.get_by_label("验收人").fill("钱检")
    street.get_by_label("验收情况").fill("现场看过，已经清运")
    street.get_by_role("button", name="保存").click()
    assert "没有佐证不能销号" in street.inner_text("main")
    street.get_by_label("验收的照片或者文件").set_input_files(str(picture))
    street.get_by_role("button", name="保存").click()
    assert "已销号" in street.inner_text("main")
    shoot(street, "problem-closed")

    anybody = open_page(js=False)
    for one in ("problems", "duties", "measures"):
        anybody.goto(f"/e/{code}/problems/?list={one}")
        shown = anybody.inner_text("main")
        for secret in ("钱检", "赵工", "三楼", "老太太"):
            assert secret not in shown
        shoot(anybody, f"problems-{one}")
