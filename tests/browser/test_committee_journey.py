"""An owners' committee from "has to form" to the handover, all of it reported by hand.

The street office keeps the stages, the residents' committee the people and the handover; both
at a desk without script. Everybody's page is read on a phone, the city's page before and after.
All of it is entered half an hour into 1 January: in UTC it is still the year before. Pictures
go to var/screens/.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, NamedTuple

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from committees.models import Evidence, Formation
from core.deadlines import SHANGHAI
from registry.models import Estate
from registry.services.profiles import load_profiles
from tests.committees.city import authority, city, line, write
from tests.documents.test_scans import photo

from .conftest import Open, shoot
from .officials import Clock, seated, session_of
from .test_cabinet_journey import aside, file
from .test_city_journey import numbers
from .test_staff_journeys import DESK, no_sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOW = datetime(2027, 1, 1, 0, 30, tzinfo=SHANGHAI)
STREET, COMMUNITY, BUREAU = "东1街道办事处", "999901001001居委会", "样例市住建局"
DAYS = {
    "具备组建条件": "2026-08-03", "成立筹备组": "2026-08-20", "业主名册公示": "2026-08-28",
    "推荐候选人": "2026-09-01", "候选人公示": "2026-09-15", "业主大会选举": "2026-10-20",
    "首次会议": "2026-10-25", "备案回执": "2026-11-10", "刻制印章": "2026-11-16",
    "开立账户": "2026-11-20",
}  # fmt: skip
NOTE = "街道的公告，第3号，档案柜2"
# Who stands, and what each said: three of six are members, so five seats can go wrong.
STANDING = {
    "甄样例": "是党员", "贾样例": "是党员", "冯样例": "是党员",
    "陈样例": "不是党员", "褚样例": "不是党员", "卫样例": "不愿说",
}  # fmt: skip
LATER = "蒋样例"
SEATED = {
    "甄样例": "主任", "贾样例": "副主任", "冯样例": "委员", "陈样例": "委员", "褚样例": "委员",
}  # fmt: skip
PARTY = {"甄样例", "贾样例", "冯样例"}


class Desks(NamedTuple):
    """The pages of who works on it, and the estate's code."""

    street: Page
    clerk: Page
    head: Page
    code: str

    def committee(self) -> str:
        return f"/staff/registers/estates/{self.code}/committee"


def _filled() -> tuple[str, str, str, str]:
    """Seven estates, one of them with a committee; the code of one without, three sessions."""
    bureau, at = city(), timezone.now()
    load_profiles(actor="test", at=at)
    rows = [line(f"东{n}苑", formed="1" if n == 0 else "3") for n in range(4)]
    west = [line(f"西{n}苑", "西区、西2街道、西22社区") for n in range(3)]
    write(bureau, *rows, *west, day=date(2026, 7, 31), at=at)
    return (
        Estate.objects.get(name="东2苑").code,
        session_of(authority(STREET), "street_office"),
        session_of(authority(COMMUNITY), "residents_committee"),
        session_of(bureau, "bureau"),
    )


@pytest.fixture
def desks(open_page: Open, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Desks:
    monkeypatch.setattr(timezone, "now", Clock(NOW))
    code, *sessions = aside(_filled)
    street, clerk, head = (
        seated(open_page(js=False, **DESK), one, live_server) for one in sessions
    )
    return Desks(street, clerk, head, code)


def test_from_the_group_to_the_handover(open_page: Open, desks: Desks) -> None:
    desks.head.goto("/staff/registers/overview")
    assert numbers(desks.head) == (1, 7)
    taken_up(desks)
    listed(desks)
    vetted(desks)
    elected(desks)
    in_office(desks)
    handed_over(desks)
    finished(desks)
    seen_by_everybody(open_page, desks)
    desks.head.reload()
    assert numbers(desks.head) == (2, 7)
    shoot(desks.head, "committee-overview")


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()


def report(page: Page, stage: str, *, seats: str = "", paper: bytes = b"") -> None:
    """Report one stage from the formation's page, with what proves it."""
    page.get_by_role("link", name=f"登记“{stage}”").click()
    page.get_by_label("哪一天").fill(DAYS[stage])
    page.get_by_label("有什么材料证明").fill(NOTE)
    if seats:
        page.get_by_label("委员会有几个席位").fill(seats)
    if paper:
        page.get_by_label("材料的照片").set_input_files(file("公告.jpg", paper))
    save(page)
    row = page.get_by_role("row").filter(has_text=stage).first
    if not page.locator(".errors").count():
        expect(row).to_contain_text(DAYS[stage])


def taken_up(desks: Desks) -> None:
    """From the register's row to a formation with its first four stages; one has a photo."""
    page = desks.street
    page.goto("/staff/registers/estates/?show=unformed")
    page.get_by_role("row").filter(has_text="东2苑").get_by_role("link", name="未成立").click()
    expect(page.get_by_text("这里没有在任的委员会。")).to_be_visible()
    page.get_by_role("link", name="开始组建或者换届").click()
    page.get_by_label("组建业主委员会").check()
    page.get_by_label("打算选几名委员").fill("4")
    save(page)
    expect(page.locator("main")).to_contain_text("5至11人的单数")
    page.get_by_label("打算选几名委员").fill("5")
    save(page)
    page.get_by_role("link", name="组建业主委员会").click()
    expect(page.locator("p.lead")).to_contain_text("下一步：具备组建条件")
    report(page, "具备组建条件")
    expect(page.locator("p.lead")).to_contain_text("轮到：街道、乡镇")
    report(page, "成立筹备组", paper=photo())
    report(page, "业主名册公示")
    report(page, "推荐候选人")
    group = page.get_by_role("row").filter(has_text="成立筹备组")
    group.get_by_role("link", name="看材料").click()
    expect(page.locator("img.photo")).to_be_visible()
    assert page.evaluate("document.querySelector('img.photo').naturalWidth") > 0
    # What proves a stage may name people: who only watches does not see it.
    shown = aside(lambda: Evidence.objects.get().pk)
    refused = desks.head.request.get(f"/staff/registers/evidence/{shown}/")
    assert refused.status == 404


def answer(page: Page, person: str, says: str) -> None:
    """What one person says of the party, with the consent to keep it."""
    row = page.get_by_role("row").filter(has_text=person)
    row.get_by_role("link", name="登记是不是党员").click()
    page.get_by_label(says, exact=True).check()
    save(page)
    expect(page.locator("main")).to_contain_text("没有本人单独同意的，不能登记")
    page.get_by_label("本人签了书面同意书").check()
    page.get_by_label("本人哪一天同意的").fill("2026-09-01")
    save(page)
    expect(row).to_contain_text(says)


def nominate(page: Page, person: str, says: str) -> None:
    page.get_by_role("link", name="登记候选人").click()
    page.get_by_label("候选人的姓名").fill(person)
    save(page)
    answer(page, person, says)


def listed(desks: Desks) -> None:
    """Six stand for five seats; the list can miss the share, and says what would mend it."""
    page = desks.clerk
    page.goto(desks.committee())
    for person, says in STANDING.items():
        nominate(page, person, says)
    # Of five seats three go to members at most, or to a fourth who would rather not say.
    main = page.locator("main")
    expect(main).to_contain_text("还有1人没有登记是不是党员，现在还看不出")
    expect(main).to_contain_text("当选的人里党员最少2人、最多4人")
    expect(main).to_contain_text("再有1人登记为党员，或者换成党员，才一定不低于。")
    shoot(page, "committee-list")


def vetted(desks: Desks) -> None:
    """Three departments are asked; one objects, and who it is about stands no longer."""
    page = desks.street
    page.goto(f"/staff/registers/formations/{aside(_formation)}/")
    page.get_by_role("link", name="征求部门意见").click()
    page.get_by_label("公安", exact=True).check()
    page.get_by_label("信访", exact=True).check()
    page.get_by_label("其他部门").fill("消防")
    page.get_by_label("哪一天征求的").fill("2026-09-02")
    save(page)
    expect(page.locator("p.lead")).to_contain_text("轮到：公安、信访、消防")
    for department in ("公安", "消防"):
        page.get_by_role("link", name=f"登记{department}的答复").click()
        page.get_by_label("无异议", exact=True).check()
        page.get_by_label("哪一天答复的").fill("2026-09-08")
        save(page)
    expect(page.locator("p.lead")).to_contain_text("轮到：信访")
    page.get_by_role("link", name="登记信访的答复").click()
    page.get_by_label("有异议", exact=True).check()
    page.get_by_label("哪一天答复的").fill("2026-09-10")
    save(page)
    expect(page.locator(".errors")).to_contain_text("异议的理由")
    page.get_by_label("异议的理由").fill("卫样例拖欠物业费，尚在处理")
    save(page)
    shoot(page, "committee-vetting")

    clerk = desks.clerk
    row = clerk.get_by_role("row").filter(has_text="卫样例")
    row.get_by_role("button", name="退出").click()
    expect(clerk.locator("main")).not_to_contain_text("卫样例")
    nominate(clerk, LATER, "是党员")
    expect(clerk.locator("main")).to_contain_text(
        "照这个名单，不论谁当选，党员比例都不低于50%。"
    )
    shoot(clerk, "committee-list-guaranteed")


def _formation() -> int:
    return Formation.objects.get().pk


def elected(desks: Desks) -> None:
    """The department's answer is corrected, the list is posted, five are elected; 4 may not."""
    page = desks.street
    page.get_by_role("row").filter(has_text="信访").get_by_role("link", name="更正").click()
    page.get_by_label("无异议", exact=True).check()
    page.get_by_label("哪一天答复的").fill("2026-09-14")
    page.get_by_label("为什么更正").fill("候选人已经换了，重新征求过")
    save(page)
    expect(page.locator("p.lead")).to_contain_text("下一步：候选人公示")
    report(page, "候选人公示")
    report(page, "业主大会选举", seats="4")
    expect(page.locator(".errors")).to_contain_text("5至11人的单数")
    shoot(page, "committee-four-refused")
    page.get_by_label("委员会有几个席位").fill("5")
    save(page)
    expect(page.locator("p.lead")).to_contain_text("下一步：首次会议")


def in_office(desks: Desks) -> None:
    """Members with their offices and what each said; the stages of the new committee."""
    page = desks.clerk
    page.goto(desks.committee())
    expect(page.locator("main")).to_contain_text("5个，在任0人")
    for person, office in SEATED.items():
        page.get_by_role("link", name="登记委员", exact=True).click()
        page.get_by_label("姓名").fill(person)
        page.get_by_label(office, exact=True).check()
        page.get_by_label("哪一天起任职").fill(DAYS["业主大会选举"])
        save(page)
        answer(page, person, "是党员" if person in PARTY else "不是党员")
    expect(page.locator("main")).to_contain_text("5个，在任5人")
    expect(page.locator("main")).to_contain_text(
        "委员5人，其中党员3人，没有登记是不是党员的0人。党员比例不低于50%，达到要求。"
    )
    # A sixth finds no seat.
    page.get_by_role("link", name="登记委员", exact=True).click()
    page.get_by_label("姓名").fill("沈样例")
    page.get_by_label("委员", exact=True).check()
    page.get_by_label("哪一天起任职").fill(DAYS["业主大会选举"])
    save(page)
    expect(page.locator(".errors")).to_be_visible()
    shoot(page, "committee-sixth-refused")
    street = desks.street
    for stage in ("首次会议", "备案回执", "刻制印章", "开立账户"):
        report(street, stage)
    expect(street.locator("p.lead")).to_contain_text("下一步：移交")


def handed_over(desks: Desks) -> None:
    """Every item of the law's list; what is missing has its reason; another person confirms."""
    page = desks.clerk
    page.goto(desks.committee())
    page.get_by_role("link", name="开始移交清单").click()
    page.get_by_label("筹备组", exact=True).check()
    save(page)
    page.get_by_role("link", name="移交清单", exact=True).click()
    names = [
        one.strip().removeprefix("登记“").removesuffix("”")
        for one in page.locator("td a").all_inner_texts()
    ]
    assert len(names) == 12
    for name in names[:-1]:
        item(page, name, "已移交", receiver="主任")
    item(page, names[-1], "没有或者交不出")
    expect(page.locator(".errors")).to_contain_text("交不出的原因")
    page.get_by_label("说明").fill("建设单位已经注销，交不出")
    save(page)
    expect(page.locator("dl.summary")).to_contain_text(re.compile(r"还没有登记的\s*0"))
    shoot(page, "committee-handover")
    # Not confirmed yet, so it is not finished.
    street = desks.street
    street.get_by_role("link", name="结束这次组建").click()
    street.get_by_label("已办完").check()
    save(street)
    expect(street.locator(".errors")).to_contain_text("移交")
    # Whoever entered it does not confirm it, and is told who does.
    expect(page.locator("p.notice")).to_contain_text("请另一位工作人员确认")
    assert page.get_by_role("button", name="确认移交完成").count() == 0
    street.goto(page.url)
    street.get_by_role("button", name="确认移交完成").click()
    expect(street.locator("body")).to_contain_text("移交已确认")


def item(page: Page, name: str, state: str, *, receiver: str = "") -> None:
    page.get_by_role("link", name=f"登记“{name}”").click()
    page.get_by_label(state, exact=True).check()
    page.get_by_label("日期").fill("2026-10-28")
    page.get_by_label("由谁接收").fill(receiver)
    save(page)


def finished(desks: Desks) -> None:
    """All is done: the formation ends, and leads nobody on."""
    page = desks.street
    page.goto(f"/staff/registers/formations/{aside(_formation)}/")
    expect(page.locator("main")).to_contain_text("每一步都办完了，可以结束这次组建。")
    shoot(page, "committee-all-done")
    page.get_by_role("link", name="结束这次组建").click()
    page.get_by_label("已办完").check()
    save(page)
    expect(page.locator("p.notice")).to_contain_text("已办完，2027-01-01")
    assert page.get_by_role("link", name="更正").count() == 0
    no_sideways(page)
    shoot(page, "committee-finished")
    page.goto("/staff/registers/formations/")
    expect(page.locator("main")).to_contain_text("没有正在办的组建")
    page.goto(desks.committee())
    shoot(page, "committee-in-office")


def seen_by_everybody(open_page: Open, desks: Desks) -> None:
    """On a phone: the day, the term, how many, how many of the party; nobody's name."""
    page = open_page(width=360)
    page.goto(f"/e/{desks.code}/committee/")
    shown = page.locator("main")
    for words in ("2026-10-20", "5个，在任5人", "2026-11-10", "这一届委员5人，其中党员3人。"):
        expect(shown).to_contain_text(words)
    everything = page.content()
    for person in {*STANDING, *SEATED}:
        assert person not in everything
    no_sideways(page)
    shoot(page, "committee-public")
