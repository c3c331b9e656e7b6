"""The owner's own fund: balance with source and day, every movement, what a repair leaves."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from documents.authority import development_identity
from funds.domain.books import Line
from funds.models import SubAccount
from funds.services.accounts import open_account
from funds.services.books import seal_voucher
from registry.models import Ownership
from tests.factories import make_owner
from tests.funds.books import AT, DRAFTER, SEALER, book, draft, make_special, note_owed_of
from tests.funds.services.test_files import Said, confirm, csv, take
from tests.voting.views.story import LI, OUYANG, WANG, make_vote
from tests.voting.views.test_owner_pages import enter, text_of

pytestmark = pytest.mark.django_db
ROOMS = {
    "1幢1单元101室": "100.00", "1幢1单元201室": "0.01", "1幢1单元301室": "0",
    WANG: "1500.00", LI: "20000.00", "2幢1单元602室": "5",
}  # fmt: skip


@pytest.fixture
def vote():
    return make_vote()


def opened(vote, mode):
    special = make_special(vote.session.estate, mode=mode)
    open_account(special_id=special.pk, estate=vote.session.estate, actor=DRAFTER, at=AT)
    return special


def balances(special, day, changes=(), reason=""):
    rows = [("房号", "余额", "首期交存额", "变动说明")]
    for room, fen in {**ROOMS, **dict(changes)}.items():
        rows.append((room, fen, "6000.00", reason if room in dict(changes) else ""))
    return confirm(take(special, csv(*rows), said=Said(day, "样例市维修资金中心")))


def page_of(client, vote, unit=WANG):
    enter(client, vote, unit)
    answer = client.get(vote.url("fund/"))
    assert answer.status_code == 200
    return text_of(answer)


def test_balance_source_day_and_what_the_repair_leaves(client, vote):
    special = opened(vote, "mirror")
    balances(special, date(2026, 9, 30))
    balances(special, date(2026, 10, 31), {WANG: "1512.34"}, "分配利息")
    page = page_of(client, vote)
    assert "余额 1,512.34 元" in page
    assert "截至 2026-10-31，来自样例市维修资金中心" in page
    assert "2026-10-31 +12.34 元 分配利息" in page
    # 89.32 m² × 15 fen: 1339.80 yuan of 1512.34.
    assert "您家分摊 1,339.80 元，还剩 172.54 元" in page
    # 30 % of 6,000.00 is 1,800.00.
    assert "不到首期交存额（6,000.00 元）的 30%" in page
    assert "20,000" not in page  # another household's


def test_every_unit_of_an_owner_and_not_enough(client, vote):
    balances(opened(vote, "mirror"), date(2026, 10, 31))
    page = page_of(client, vote, OUYANG)
    for text in (
        "1幢1单元101室",
        "1幢1单元201室",
        "1幢1单元301室",
        "余额 0.01 元",
        "余额 0.00 元",
    ):
        assert text in page
    assert "余额不够，差的部分要补交" in page


def test_books_kept_here_with_their_papers(client, vote):
    special = opened(vote, "record")
    sub = SubAccount.objects.get(unit__label=WANG)
    book(special, [Line("bank", None, 200_000), Line("sub", sub.pk, -200_000)], text="首期交存")
    book(
        special,
        [Line("sub", sub.pk, 50_000), Line("bank", None, -50_000)],
        "release",
        text="更换水泵",
        paper="划转通知1号",
    )
    page = page_of(client, vote)
    assert "余额 1,500.00 元" in page
    assert "-500.00 元 更换水泵 划转通知1号，余额 1,500.00 元" in page
    assert "+2,000.00 元 首期交存 回单1，余额 2,000.00 元" in page
    assert page.index("更换水泵") < page.index("首期交存")  # the newest first


def test_nothing_stated_and_nothing_registered(client, vote):
    page = page_of(client, vote)
    assert "还没有登记到本平台" in page
    opened(vote, "mirror")
    page = text_of(client.get(vote.url("fund/")))
    assert "还没有收到余额" in page
    assert "如果通过" not in page


def test_sold_since_the_roll_was_fixed_it_is_the_buyer_s(client, vote):
    balances(opened(vote, "mirror"), date(2026, 10, 31))
    unit = SubAccount.objects.get(unit__label=WANG).unit
    today = timezone.localdate()
    Ownership.objects.filter(unit=unit).update(valid_to=today)
    Ownership.objects.create(
        unit=unit, owner=make_owner(unit.estate, "周八"), valid_from=today - timedelta(days=1)
    )
    page = page_of(client, vote)
    assert "换了业主" in page
    assert "1,500.00" not in page


def test_without_the_check_it_asks_to_scan_again(client, vote):
    opened(vote, "mirror")
    assert client.get(vote.url("fund/")).status_code == 403
    letter = vote.letters[WANG]
    client.post(f"{letter.path}/start", {"login": "", "letter_key": ""})
    assert client.get(vote.url("fund/")).status_code == 403


def test_the_question_leads_there(client, vote):
    enter(client, vote)
    page = client.get(vote.url("motions/?step=0")).content.decode()
    assert f'href="{vote.url("fund/")}"' in page
    page = client.get(vote.url("motions/?step=1")).content.decode()
    assert "fund/" not in page


def test_it_costs_the_same_for_one_unit_and_for_many(
    client, vote, django_assert_max_num_queries
):
    balances(opened(vote, "mirror"), date(2026, 10, 31))
    enter(client, vote, OUYANG)
    with django_assert_max_num_queries(13):
        client.get(vote.url("fund/"))


def test_the_statement_of_a_year_is_the_same_file_each_time(client, vote, settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)
    special = opened(vote, "record")
    sub, other = (SubAccount.objects.get(unit__label=unit).pk for unit in (WANG, LI))
    last = timezone.localdate().year - 1
    day = date(last, 6, 1)
    book(special, [Line("bank", None, 5), Line("sub", sub, -5)], dated_on=day)
    book(special, [Line("bank", None, 5), Line("sub", other, -5)], dated_on=day)
    page_of(client, vote)
    shown = client.get(vote.url("fund/")).content.decode()
    assert f'action="{vote.url(f"fund/{sub}/{last}")}"' in shown
    first, again = (client.post(vote.url(f"fund/{sub}/{last}")) for _ in range(2))
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content.startswith(b"%PDF")
    assert first.content == again.content
    # Another household's, a year that is not over, without the check.
    assert client.post(vote.url(f"fund/{other}/{last}")).status_code == 404
    answer = client.post(vote.url(f"fund/{sub}/{last + 1}"))
    assert answer.status_code == 400
    assert "已经结束的年度" in answer.content.decode()
    assert client.post(vote.url(f"fund/{sub}/{last - 1}")).status_code == 400
    client.cookies.clear()
    assert client.post(vote.url(f"fund/{sub}/{last}")).status_code == 403


def test_what_is_owed_is_said(client, vote):
    special = opened(vote, "record")
    sub = SubAccount.objects.get(unit__label=WANG).pk
    book(special, [Line("bank", None, 100), Line("sub", sub, -100)])
    lines = [Line("sub", sub, 100), Line("bank", None, -100)]
    waiting = draft(special, lines, "release", text="更换水泵")
    note_owed_of(waiting, [(sub, 12_34)])
    assert "还欠" not in page_of(client, vote)
    seal_voucher(voucher_id=waiting.pk, actor=SEALER, at=AT)
    page = text_of(client.get(vote.url("fund/")))
    assert "维修费用还欠 12.34 元" in page
