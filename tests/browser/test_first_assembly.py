"""A first assembly as it is really held: no committee yet, a preparatory group named by the
street office, covenant and rules first, the election hanging on both; by letter and on paper,
under the national rules, from the group's paper to the receipt of the filing.

The clock is set before each step; pages and sweepers read the same one.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from core.deadlines import SHANGHAI
from documents.archives import check_archive
from documents.authority import certificates
from registry.services.profiles import load_profiles
from tests.documents.test_scans import photo
from tests.documents.test_scans import scan as scanned_page
from tests.elections import stand
from tests.factories import FOR, Vote, even_estate
from tests.town import Town, make_town
from tests.voting.services.papers import PNG
from voting import tasks
from voting.models import Objection, Session
from voting.selectors import decision_holds, preliminary_of, result_of
from voting.spool import read_spool

from .conftest import Open, shoot
from .officials import Clock
from .test_cabinet_journey import aside, file
from .test_owner_journeys import answer, pass_sms, sms_digits
from .test_staff_journeys import DESK, PDF, PHONE, no_sideways, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PARTIES, SEATS, CANDIDATES = 9, 5, 6
GROUP = [
    ("街道甲", "street_office"),
    ("居委乙", "residents_committee"),
    ("业主丙", "owner"),
    ("业主丁", "owner"),
    ("业主戊", "owner"),
]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI))
    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture
def here(erasable: None, clock: Clock, settings: Any, tmp_path: Path) -> Town:
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    cache.clear()
    load_profiles(actor="test", at=clock.now)
    town = make_town()
    estate = even_estate(PARTIES, area=lambda _n: 100_00)
    estate.authority, estate.profile_code = town.here.committee, "national"
    estate.save()
    town.here.estate = estate
    for role in ("organiser", "street_office", "residents_committee", "supervisor"):
        town.person(role)
    return town


def typed(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"


def staff(open_page: Open, role: str, **size: Any) -> Page:
    """Signed in anew: weeks lie between the steps."""
    return sign_in(open_page(**(size or DESK)), role)


def test_from_the_preparatory_group_to_the_filing(
    open_page: Open, here: Town, clock: Clock, settings: Any, tmp_path: Path
) -> None:
    session = draft_by_the_group(open_page, here, clock)
    guided_and_shown(open_page, session, clock)
    vote = announced_and_delivered(open_page, session, clock)
    voted(open_page, vote, clock)
    counted(open_page, vote, clock)
    resolved(open_page, vote, clock)
    kept_and_filed(open_page, vote, clock, settings, tmp_path)
    in_office(open_page, vote)


def draft_by_the_group(open_page: Open, here: Town, clock: Clock) -> Session:
    """2 March: the group with its paper, three matters, candidates in drawn order."""
    clock.set(3, 2)
    desk = staff(open_page, "organiser")
    desk.goto(f"/staff/estates/{here.here.estate.code}/sessions/new")
    desk.get_by_label("会议名称").fill("样例花园首次业主大会会议")
    desk.get_by_label("会议的种类").select_option("first")
    desk.get_by_label("由谁组织").select_option("preparatory_group")
    desk.get_by_label("组织者名称").fill("样例花园首次业主大会会议筹备组")
    desk.get_by_label("咨询电话").fill("0000-0000000")
    desk.get_by_label("咨询和交纸质票的地点").fill("居委会一楼")
    desk.get_by_label("哪天张贴公告").fill("2026-03-11")
    desk.get_by_label("什么时候开始投票").fill("2026-03-27T09:00")
    desk.get_by_label("什么时候截止").fill("2026-04-03T18:00")
    desk.get_by_label(re.compile("只公布合计")).check()
    expect(desk.get_by_label(re.compile("也收纸质票"))).to_be_checked()
    desk.get_by_role("button", name="保存草稿").click()
    for title in ("业主大会议事规则", "管理规约"):
        desk.get_by_label("事项标题").fill(f"通过{title}")
        desk.get_by_label("要业主决定的内容").fill(f"是否同意附件中的{title}？")
        desk.get_by_label(re.compile(title)).first.check()
        desk.get_by_role("button", name="保存事项").click()
        desk.get_by_label("附件").set_input_files(file(f"{title}.pdf", PDF))
        desk.get_by_role("button", name="加附件").click()
        desk.get_by_role("link", name="返回草稿").click()
        if title == "业主大会议事规则":
            desk.get_by_role("link", name="增加事项").click()
    session = Session.objects.get()
    desk.get_by_role("link", name="增加选举").click()
    desk.get_by_label("选举标题").fill("选举第一届业主委员会委员")
    desk.get_by_label("要业主决定的内容").fill("选举第一届业主委员会委员五名。")
    desk.get_by_label("应选几人").fill(str(SEATS))
    desk.get_by_role("button", name="保存选举").click()
    desk.get_by_role("link", name="增加候选人").click()
    desk.get_by_role("textbox", name="姓名").fill("业主1")
    desk.get_by_role("textbox", name="房屋").fill("1幢00101室")
    for box in desk.locator("input[name=conditions]").all():
        box.check()
    desk.get_by_label(re.compile("本人已单独签字")).check()
    desk.get_by_role("button", name="保存候选人").click()
    motion = session.motions.get(matter=3)
    for number in range(2, CANDIDATES + 1):
        stand(motion, number, at=clock.now)
    desk.reload()
    desk.get_by_label("现场念出的话或数字").fill("3 8 1 7 5")
    desk.get_by_role("button", name="抽签").click()

    # Red: what a first assembly wants of its group is said with the article.
    address = f"/staff/sessions/{session.code}/"
    desk.goto(address)
    for reason in ("请填写筹备组的成员", "成立筹备组的公告", "监票人至少要有2位", "还没有公示"):
        expect(desk.locator(".checks")).to_contain_text(reason)
    desk.get_by_role("link", name="成员").click()
    for n, (name, side) in enumerate(GROUP[:4], start=1):
        desk.get_by_label(re.compile(f"第{n}位的姓名")).fill(name)
        desk.get_by_label(re.compile(f"第{n}位代表哪一方")).select_option(side)
    desk.get_by_role("button", name="保存").click()
    expect(desk.locator(".checks")).to_contain_text("筹备组人数应当是单数，现在是4人")
    expect(desk.locator(".checks")).to_contain_text("一位组长，由街道、乡镇的代表担任")
    desk.get_by_role("link", name="成员").click()
    name, side = GROUP[4]
    desk.get_by_label(re.compile("第5位的姓名")).fill(name)
    desk.get_by_label(re.compile("第5位代表哪一方")).select_option(side)
    desk.get_by_label("组长").first.check()
    desk.get_by_role("button", name="保存").click()
    desk.get_by_role("link", name="依据文件").click()
    desk.get_by_label(re.compile("文件名称")).fill(
        "关于成立样例花园首次业主大会会议筹备组的公告"
    )
    desk.get_by_label("文号").fill("样例街办〔2026〕3号")
    desk.get_by_label(re.compile("文件日期")).fill("2026-02-10")
    desk.get_by_label("文件", exact=True).set_input_files(file("公告.pdf", PDF))
    desk.get_by_role("button", name="保存").click()
    desk.get_by_role("link", name="登记监票人").click()
    for n, name in ((1, "监票甲"), (2, "监票乙")):
        desk.get_by_label(re.compile(f"第{n}位的姓名")).fill(name)
        desk.get_by_label(re.compile(f"第{n}位代表哪一方")).select_option("owner")
    desk.get_by_role("button", name="保存").click()
    shoot(desk, "first-assembly-draft")
    session.refresh_from_db()
    return session


def guided_and_shown(open_page: Open, session: Session, clock: Clock) -> None:
    """The roll on the wall, an objection to it, the street's guidance, and green at last."""
    address = f"/staff/sessions/{session.code}/"
    desk = staff(open_page, "organiser")
    desk.goto(f"/staff/estates/{session.estate.code}/places")
    desk.get_by_label(re.compile("张贴的地方")).fill("大门公告栏")
    desk.get_by_role("button", name="加上这一处").click()
    desk.goto(f"{address}roll")
    desk.get_by_role("button", name="公示名册").click()
    desk.get_by_role("link", name="张贴情况").click()
    hang(desk)

    # Two days later somebody comes to the office; the street reads the draft.
    clock.set(3, 4)
    desk = staff(open_page, "organiser")
    desk.goto(f"{address}roll")
    desk.get_by_role("link", name="登记异议、答复").click()
    desk.get_by_role("link", name="登记来人提出的异议").click()
    desk.get_by_role("radio", name=re.compile("名册")).check()
    desk.get_by_label("房号").fill("00201")
    desk.get_by_label("异议人姓名").fill("业主2")
    desk.get_by_label("联系方式").fill("100 0000 0001")
    desk.get_by_label(re.compile("异议的内容和理由")).fill("我家的面积和房产证不一样")
    desk.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator("main")).to_contain_text("期限 3月9日（星期一）24:00")
    desk.get_by_label("不采纳").check()
    desk.get_by_label(re.compile("理由")).fill("登记簿是100.00平方米，已当面核对")
    desk.get_by_role("button", name="答复", exact=True).click()
    desk.goto(f"{address}review")
    desk.get_by_role("button", name="送街道指导").click()
    street = staff(open_page, "street_office", **PHONE)
    street.get_by_role("link", name=re.compile("看草稿，只提法律意见")).click()
    expect(street.locator("main")).to_contain_text("首次业主大会会议")
    street.get_by_role("button", name="看完了，没有更多意见").click()

    # While it is on show, nothing is announced; an objection after it is too late.
    desk.goto(address)
    expect(desk.locator(".checks .no")).to_have_count(1)
    expect(desk.locator(".checks .no")).to_contain_text("名册公示的期限没有到")
    clock.set(3, 11)
    desk = staff(open_page, "organiser")
    desk.goto(f"{address}objections/new")
    desk.get_by_role("radio", name=re.compile("名册")).check()
    desk.get_by_label("异议人姓名").fill("业主3")
    desk.get_by_label("联系方式").fill("100 0000 0002")
    desk.get_by_label(re.compile("异议的内容和理由")).fill("我家漏了一个人")
    desk.get_by_role("button", name="登记", exact=True).click()
    expect(desk.locator(".errors")).to_contain_text("名册公示的异议期到2026年3月9日24时为止")
    assert Objection.objects.count() == 1


def hang(page: Page) -> None:
    """The first paper of the page that does not hang yet, at its place, with a photograph."""
    page.get_by_role("link", name="记下张贴").first.click()
    page.get_by_label(re.compile("谁办的")).fill("王一")
    page.get_by_label(re.compile("照片")).set_input_files(file("a.jpg", photo()))
    page.get_by_role("button", name="记下：已经张贴").click()
    expect(page.locator("img")).to_be_visible()


def announced_and_delivered(open_page: Open, session: Session, clock: Clock) -> Vote:
    """11 March: frozen; the notice hangs, letters are printed and go from door to door."""
    address = f"/staff/sessions/{session.code}/"
    desk = staff(open_page, "organiser")
    desk.goto(address)
    expect(desk.locator(".checks .no")).to_have_count(0)
    shoot(desk, "first-assembly-green")
    desk.get_by_role("link", name="去公告").click()
    desk.get_by_label(re.compile("我已核对")).check()
    desk.get_by_role("button", name="公告，以后不能再改").click()
    session.refresh_from_db()
    assert session.state == "frozen"
    secrets = read_spool(session.code)
    assert secrets is not None
    aside(tasks.notify_due, clock.now)
    desk.goto(f"{address}postings")
    hang(desk)
    desk.goto(f"{address}letters")
    desk.get_by_role("button", name="开始打印成文件").click()
    aside(tasks.print_letters, clock.now)
    desk.goto(f"{address}letters")
    with desk.expect_download() as letters:
        desk.get_by_role("button", name=re.compile("下载")).click()
    assert letters.value.path().stat().st_size > 10_000
    clock.set(3, 14)
    door = staff(open_page, "residents_committee", **PHONE)
    door.goto(f"{address}delivery/")
    door.get_by_label("扫描或者输入信上的票号").fill(session.parties.get(number=1).serial)
    door.get_by_role("button", name="记下").click()
    expect(door.locator("main")).to_contain_text("通知书送达")
    no_sideways(door)
    return Vote(session, secrets)


def voted(open_page: Open, vote: Vote, clock: Clock) -> None:
    """28 March: one by the letter's QR, some as their browsers would, one on paper."""
    clock.set(3, 28)
    secret = vote.secrets[1]
    owner = open_page()
    owner.goto(f"/q/{secret.code}#{secret.token}")
    owner.locator("#start button").click()
    pass_sms(owner)
    answer(owner, "同意")
    answer(owner, "同意")
    ballot = owner.locator("fieldset:visible")
    expect(ballot).to_contain_text("应选 5 人，候选人 6 人（差额选举）")
    for number in range(SEATS):
        ballot.locator("label.candidate").nth(number).click()
    owner.get_by_role("button", name="下一步").locator("visible=true").click()
    expect(owner.locator("#sealed-note")).to_be_visible()
    owner.get_by_role("button", name="提交", exact=True).click()
    owner.wait_for_url("**/receipt/")
    for number in range(2, 7):
        vote.cast(number, [FOR, FOR, list(range(SEATS))], at=clock.now)
    clerk = staff(open_page, "organiser", js=False, **PHONE)
    clerk.goto(f"/staff/sessions/{vote.session.code}/paper/register")
    clerk.get_by_label(re.compile("在哪里收到的")).fill("居委会票箱")
    clerk.get_by_label(re.compile("^票号")).fill(vote.party(7).serial)
    clerk.get_by_label(re.compile("^票号")).press("Enter")
    expect(clerk.locator("body")).to_contain_text("已登记")


def read_sheet(page: Page, vote: Vote, *, content: bytes = b"") -> None:
    """Covenant and rules for, one candidate only."""
    page.goto(f"/staff/sessions/{vote.session.code}/paper/?q={vote.party(7).serial}")
    for number in (1, 2):
        page.locator(f"input[name=motion{number}][value='0']").check()
    page.locator("input[name=motion3][value=marked]").check()
    page.locator("input[name=motion3_marks]").last.check()
    if content:
        page.get_by_label(re.compile("照片或扫描件")).set_input_files(
            {"name": "票.png", "mimeType": "image/png", "buffer": content}
        )
    page.get_by_role("button", name="录好了").click()


def counted(open_page: Open, vote: Vote, clock: Clock) -> None:
    """3 April: the end, paper read by two and counted by two, who took part, the count."""
    address = f"/staff/sessions/{vote.session.code}/"
    aside(tasks.sweep_all, clock.set(4, 3, 18))
    vote.session.refresh_from_db()
    assert vote.session.state == "closed"
    clock.set(4, 3, 18, 30)
    one, two = staff(open_page, "organiser"), staff(open_page, "residents_committee")
    read_sheet(one, vote, content=PNG)
    expect(one.locator("body")).to_contain_text("请另一个人录第二遍")
    read_sheet(two, vote)
    expect(two.locator("body")).to_contain_text("已加密记入公告板")
    for role in ("supervisor", "street_office"):
        watch = staff(open_page, role)
        watch.goto(f"{address}paper/box")
        watch.get_by_label(re.compile("点出多少张")).fill("1")
        watch.get_by_role("button", name="就是这么多").click()
    expect(watch.locator("body")).to_contain_text("已记入公告板")

    # Whoever voted sees which rooms took part, and nothing was opened yet.
    secret = vote.secrets[1]
    owner = open_page()
    owner.goto(f"/q/{secret.code}#{secret.token}")
    owner.get_by_role("button", name="看参加名单").click()
    owner.get_by_role("button", name="发短信验证码").click()
    owner.get_by_label("短信里的 6 位数字").fill(sms_digits())
    owner.get_by_role("button", name="下一步").click()
    owner.wait_for_url("**/participants/**")
    expect(owner.locator("main")).to_contain_text("1幢00701室")
    expect(owner.locator("main")).not_to_contain_text("1幢00801室")
    no_sideways(owner)
    aside(tasks.sweep_all, clock.set(4, 4, 18))
    vote.session.refresh_from_db()
    assert vote.session.state == "closed"  # the day for objections is not over
    aside(tasks.sweep_all, clock.set(4, 4, 19))
    vote.session.refresh_from_db()
    assert vote.session.state == "counted"


def resolved(open_page: Open, vote: Vote, clock: Clock) -> None:
    """5 to 13 April: the preliminary result on show, an objection answered, a resolution."""
    posted = preliminary_of(vote.session)
    assert posted is not None
    clock.set(4, 5)
    anyone = open_page(js=False, **PHONE)
    anyone.goto(f"/s/{vote.session.code}/")
    expect(anyone.get_by_text("这是初步统计结果，还不是决定。")).to_be_visible()
    expect(anyone.locator("main")).to_contain_text("当选5人")
    shoot(anyone, "first-assembly-preliminary")
    secret = vote.secrets[1]
    owner = open_page()
    owner.goto(f"/q/{secret.code}#{secret.token}")
    owner.get_by_role("button", name="看参加名单").click()
    owner.get_by_role("button", name="发短信验证码").click()
    owner.get_by_label("短信里的 6 位数字").fill(sms_digits())
    owner.get_by_role("button", name="下一步").click()
    owner.wait_for_url("**/participants/**")
    owner.get_by_role("link", name="对名单或者结果有异议").click()
    owner.get_by_role("link", name="提出异议").click()
    owner.locator("label.choice", has_text="初步统计结果").click()
    owner.get_by_label(re.compile("异议的内容和理由")).fill("请说明纸质票是谁录的")
    owner.get_by_role("button", name="提出", exact=True).click()
    expect(owner.locator("main")).to_contain_text("等待答复")
    desk = staff(open_page, "organiser")
    desk.get_by_role("link", name=re.compile("第2号异议等答复")).click()
    desk.get_by_label("不采纳").check()
    desk.get_by_label(re.compile("理由")).fill("两人分别录入，监票人看着")
    desk.get_by_role("button", name="答复", exact=True).click()
    desk.goto(f"/staff/sessions/{vote.session.code}/postings")
    hang(desk)
    aside(tasks.sweep_all, posted.until - timedelta(minutes=1))
    vote.session.refresh_from_db()
    assert vote.session.resolution is None
    aside(tasks.sweep_all, posted.until)
    vote.session.refresh_from_db()
    assert vote.session.resolution is not None


def kept_and_filed(
    open_page: Open, vote: Vote, clock: Clock, settings: Any, tmp_path: Path
) -> None:
    """14 April: stamped and scanned back, into the cabinet, to the street office and back."""
    session = vote.session
    result = result_of(session)
    assert [one.result for one in result.motions] == ["passed"] * 3
    assert (result.ballots.counted, result.ballots.paper) == (7, 1)
    states = [one.state for one in result.motions[2].standings]
    assert states == ["elected"] * SEATS + ["short"]
    assert all(decision_holds(motion) for motion in session.motions.all())
    now = clock.set(4, 14)
    desk = staff(open_page, "organiser")
    desk.goto(f"/staff/papers/{session.resolution.code}/stamp")
    desk.get_by_label(re.compile("盖章以后的扫描件")).set_input_files(
        file("a.png", scanned_page(session.resolution.code))
    )
    desk.get_by_role("button", name="上传").click()
    second = staff(open_page, "supervisor")
    second.goto(f"/staff/papers/{session.resolution.code}/stamp")
    second.get_by_role("button", name="对，就是这份文件").click()
    expect(second.locator("main")).to_contain_text("已由第二人确认")
    desk.goto(f"/staff/sessions/{session.code}/archive")
    desk.get_by_role("button", name="开始归档").click()
    aside(tasks.make_archives, now)
    desk.reload()
    with desk.expect_download() as download:
        desk.get_by_role("button", name="下载（记入操作记录）").click()
    bundle = tmp_path / "bundle.zip"
    download.value.save_as(bundle)
    roots = certificates((Path(settings.CA_DIR) / "ca.pem").read_bytes())
    assert aside(check_archive, bundle, trust_roots=roots).status == "whole"

    desk.goto("/staff/")
    desk.get_by_role("link", name=re.compile("备案")).first.click()
    for kind, name in (("covenant", "规约.pdf"), ("rules", "议事规则.pdf")):
        desk.get_by_label(re.compile("哪一种材料")).select_option(kind)
        desk.get_by_label("文件", exact=True).set_input_files(file(name, PDF))
        desk.get_by_role("button", name="加上").click()
    shoot(desk, "first-assembly-filing")
    desk.get_by_role("button", name="提交给街道").click()
    street = staff(open_page, "street_office")
    street.get_by_role("link", name=re.compile("备案")).first.click()
    street.get_by_label(re.compile("登记编号")).fill("备〔2026〕1号")
    street.get_by_role("button", name="接收，出备案回执").click()
    aside(tasks.filing_receipts_due, now)
    desk.reload()
    desk.get_by_role("link", name=re.compile("备案〔")).click()
    expect(desk.locator("main")).to_contain_text("登记中有这份文件，现在有效")


def in_office(open_page: Open, vote: Vote) -> None:
    """What was done here is read, not typed: the formation's page has it all, and whoever was
    elected takes office."""
    street = staff(open_page, "street_office")
    street.goto(f"/staff/registers/estates/{vote.session.estate.code}/committee")
    street.get_by_role("link", name="开始组建或者换届").click()
    street.get_by_label("组建业主委员会").check()
    street.get_by_role("button", name="保存", exact=True).click()
    street.get_by_role("link", name="组建业主委员会").click()
    street.get_by_role("button", name="登记当选的委员会").click()
    for stage, act in (
        ("成立筹备组", "会议的依据文件"), ("业主名册公示", "名册公示"),
        ("推荐候选人", "候选人登记"), ("候选人公示", "表决公告附候选人名单"),
        ("业主大会选举", "业主大会决议"), ("备案回执", "备案回执"),
    ):  # fmt: skip
        row = street.get_by_role("row").filter(has_text=stage).first
        expect(row).to_contain_text(f"本系统：{act}")
    elected = street.get_by_role("row").filter(has_text="业主大会选举")
    expect(elected).to_contain_text("2026-04-1")
    shoot(street, "first-assembly-formation")
    street.goto(f"/staff/registers/estates/{vote.session.estate.code}/committee")
    expect(street.locator("main")).to_contain_text(f"{SEATS}个，在任{SEATS}人")
    anyone = open_page()
    anyone.goto(f"/e/{vote.session.estate.code}/committee/")
    expect(anyone.locator("main")).to_contain_text(f"{SEATS}个，在任{SEATS}人")
    expect(anyone.get_by_role("link", name="选举结果")).to_be_visible()
    no_sideways(anyone)
