"""The bureau head's page, and one estate of the register: reported by hand, handed over."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from committees.domain.formation import Count, Month, Share, outlook
from committees.models import Committee, EstateMove, EstateRecord, PartyCount
from committees.selectors.targets import Target
from portal.outlooks import outlook_words
from portal.spacing import gap
from registry.models import Authority, Division, Estate, RuleProfile
from tests.committees.city import authority, city, line, write
from tests.factories import make_unit
from tests.funds.filed import make_filed
from tests.portal.test_registers import WEST, at_desk, page, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def bureau() -> Authority:
    RuleProfile.objects.create(
        code="national", title="全国", valid_from="2021-01-01",
        values={
            "formation.target": {"value": [70, 100], "clause": "测试条款", "verified": True}
        },
    )  # fmt: skip
    return city()


def rows(shown: str) -> dict[str, tuple[int, int, str]]:
    """Place → formed, all, missing, from the page's table."""
    found = re.findall(
        r"<tr><td>(?:<a[^>]*>)?([^<]+)(?:</a>)?</td><td><svg.*?</svg></td>"
        r'<td class="number"[^>]*><a[^>]*>(\d+)</a> / <a[^>]*>(\d+)</a></td><td[^>]*>[^<]*</td>'
        r"<td[^>]*>(?:<a[^>]*>)?(\d*)",
        shown,
        re.DOTALL,
    )
    return {name: (int(formed), int(total), lacking) for name, formed, total, lacking in found}


def test_one_page_says_it_all_and_adds_up(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    shown = page(client, "overview")
    told = re.sub(r"<[^>]+>", "", shown)
    assert "共 10 个物业管理区域，已组建 6 个，组建率 60.00%。" in told
    assert "距年底 70% 还差 1 个" in told
    found = rows(shown)
    assert found == {
        "东区住建局": (4, 6, "1"), "西区住建局": (1, 3, "2"), "样例高新区管委会": (1, 1, "0"),
    }  # fmt: skip
    assert sum(formed for formed, _all, _lacking in found.values()) == 6
    assert sum(total for _formed, total, _lacking in found.values()) == 10
    # A 社区 without any estate: 东22 and 西11, 西12, 西21.
    assert "还没有登记任何物业管理区域的社区（不含村）：4 个" in shown
    assert "没有填过台账的：0 个" in shown


def test_every_number_opens_to_as_many_rows(bureau: Authority) -> None:
    stock(bureau)
    own = authority("东1街道办事处")
    Estate.objects.create(
        code="AAAAAAA1", name="直管苑", division_id="999901001001", authority=own,
        profile_code="national",
    )  # fmt: skip
    client = at_desk(bureau)
    for at in (bureau, own):
        shown = page(client, "overview", at=at.pk)
        found = re.findall(r'<a href="(/staff/registers/estates/\?[^"]*)">(\d+)</a>', shown)
        assert len(found) > 5
        for address, number in found:
            listed = client.get(address.replace("&amp;", "&")).context["page"].paginator.count
            if "show=unformed" in address:
                assert listed >= int(number)  # some of them would do
            else:
                assert listed == int(number)
    assert "直管苑" in page(client, "register", at=own.pk, own=1)
    late = re.search(r"<b>(\d+)</b>逾期的事项(.*?)；", page(client, "overview"), re.DOTALL)
    assert late is not None
    parts = re.findall(r">[^<>\d]*(\d+)</a>", late[2])
    assert sum(map(int, parts)) == int(late[1])
    assert len(parts) == 3


def test_the_drawing_names_its_axis_and_the_months_stand_beside_it(
    bureau: Authority,
) -> None:
    stock(bureau)
    shown = page(at_desk(bureau), "overview")
    assert "纵轴从 60% 到 80%。" in shown
    assert f"{timezone.localdate().month}月 60.00%（6/10）" in shown


def test_sentences_stand_apart_in_english() -> None:
    told = Count(100, 60, 0)
    before = Month(date(2026, 9, 30), Count(100, 50, 0))
    ahead = outlook([before, Month(date(2026, 10, 31), told)], Share(7, 10))
    target = Target(Share(7, 10), "")
    with translation.override("en"):
        words = outlook_words(told, ahead, target)
        assert words.count(". ") >= 1
        assert not re.search(r"\.[A-Z]", words)
        assert gap() == " "
    assert gap() == ""


def test_every_level_down_to_the_row(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    at, total = bureau, 10
    for name, below in (("东区住建局", 6), ("东1街道办事处", 4), ("999901001001居委会", 2)):
        shown = page(client, "overview", at=at.pk)
        found = rows(shown)
        assert sum(row[1] for row in found.values()) == total
        at = authority(name)
        assert found[name][1] == below
        total = below
    last = page(client, "overview", at=at.pk)
    assert "看每一个物业管理区域" in last
    listed = page(client, "register", at=at.pk)
    assert len(set(re.findall(r"registers/estates/\w{8}/", listed))) == 2


def test_an_empty_place_has_no_rate(bureau: Authority) -> None:
    shown = page(at_desk(bureau), "overview")
    assert "组建率不适用" in shown
    assert "100.00%" not in shown


def test_money_that_waits_is_said_with_its_days(bureau: Authority) -> None:
    stock(bureau)
    estate = Estate.objects.get(name="东0")
    make_unit(estate, "1幢", "101", 90_00)
    application = make_filed(estate, budget=1_234_56)
    shown = page(at_desk(bureau), "overview")
    assert "1,234.56" in shown
    assert application.request.code in shown
    # Another district's desk sees nothing of it.
    other = page(at_desk(authority("西区住建局")), "overview")
    assert application.request.code not in other
    assert "现在没有等着办的资金申请" in other


def test_old_and_unnamed_estates_are_told(bureau: Authority) -> None:
    long_ago = timezone.localdate() - timedelta(days=93)
    write(bureau, line("东苑"), day=long_ago, at=timezone.now())
    write(
        bureau,
        line("西苑", WEST),
        day=timezone.localdate() - timedelta(days=92),
        at=timezone.now(),
    )
    Estate.objects.create(
        code="AAAAAAA1", name="新苑", division_id="999901001001",
        authority=authority("999901001001居委会"), profile_code="national",
    )  # fmt: skip
    shown = page(at_desk(bureau), "overview")
    assert "没有填过台账的：1 个" in shown
    assert "三个月以上没有更新的：1 个" in shown


def test_a_strangers_place_is_no_place(bureau: Authority) -> None:
    stock(bureau)
    east = at_desk(authority("东区住建局"))
    page(east, "overview", at=authority("西区住建局").pk, status=404)
    theirs = Estate.objects.get(name="西0")
    for name in ("register_estate", "register_report", "register_move"):
        page(east, name, theirs.code, status=404)
    page(east, "register_move_all", theirs.authority_id, status=404)
    mine = Estate.objects.get(name="东0")
    page(at_desk(mine.authority, "residents_committee"), "register_estate", mine.code)


def post(client: Client, address: str, *args: object, **data: object):
    return client.post(reverse(f"staff:{address}", args=args), data)


def test_one_estate_is_reported_by_hand(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    estate = Estate.objects.get(name="东1")
    form = page(client, "register_report", estate.code)
    assert 'value="东至一路"' in form
    today = timezone.localdate().isoformat()
    given = {"boundaries": "东至二路", "service": "5", "formed": "1", "party": "3",
             "fee_due": "1000", "fee_paid": "853.3", "day": today,
             "reporter": "样例"}  # fmt: skip
    answer = post(client, "register_report", estate.code, **given)
    assert answer.status_code == 302
    newest = EstateRecord.objects.filter(estate=estate).latest("pk")
    assert (newest.service, newest.fee_rate, newest.fee_due_fen) == (5, 8533, 1000_00)
    shown = page(client, "register_estate", estate.code)
    assert "853.30 / 1,000.00" in shown
    assert "东至二路" in shown
    for wrong, told in (
        ({"fee_paid": ""}, "应收和实收要一起填"),
        ({"fee_paid": "1000.01"}, "实收的物业费不能超过应收的"),
        ({"fee_due": "1e3"}, ""),
        ({"day": "2999-01-01"}, "台账的日期不能晚于今天"),
        ({"service": "7"}, ""),
        ({"boundaries": "长" * 301}, ""),
    ):
        refused = post(client, "register_report", estate.code, **(given | wrong))
        assert refused.status_code == 400
        assert told in refused.content.decode()
    assert EstateRecord.objects.filter(estate=estate).count() == 2


def test_a_committee_is_not_ended_by_the_way(bureau: Authority) -> None:
    write(bureau, line("东苑", formed="1"))
    client, estate = at_desk(bureau), Estate.objects.get()
    assert 'name="ends"' not in page(client, "register_report", estate.code)
    given = {"formed": "3", "day": timezone.localdate().isoformat(),
             "reporter": "样例"}  # fmt: skip
    refused = post(client, "register_report", estate.code, **given)
    assert refused.status_code == 400
    shown = refused.content.decode()
    assert "台账里登记有业主委员会（2026-10-31成立），确实已经没有了的，请勾选确认" in shown
    assert '<input type="checkbox" name="ends"' in shown
    assert Committee.objects.get().ended_on is None
    # Another mistake keeps the tick.
    wrong = post(client, "register_report", estate.code, **given, ends="on", fee_rate="x")
    assert wrong.status_code == 400
    assert "checked" in wrong.content.decode().split('name="ends"')[1].split(">")[0]
    assert Committee.objects.get().ended_on is None
    done = post(client, "register_report", estate.code, **given, ends="on")
    assert done.status_code == 302
    assert Committee.objects.get().ended_on is not None


def test_a_rate_by_hand_is_clear(bureau: Authority) -> None:
    write(bureau, line("东苑", rate="80%"))
    client, estate = at_desk(bureau), Estate.objects.get()
    given = {"day": timezone.localdate().isoformat(), "reporter": "样例"}
    fees = {"fee_due": "1000", "fee_paid": "853.3"}
    for typed, told in (
        ({"fee_rate": "0.85"}, "“0.85”请写成 85% 或者 0.85%"),
        ({"fee_rate": "1"}, "“1”请写成 100% 或者 1%"),
        (fees | {"fee_rate": "90"}, "算出来是 85.33%"),
    ):
        refused = post(client, "register_report", estate.code, **given, **typed)
        assert refused.status_code == 400
        assert told in refused.content.decode()
    # What the form began with, left as it stood, is no answer.
    done = post(client, "register_report", estate.code, **given, **fees, fee_rate="80%")
    assert done.status_code == 302
    assert EstateRecord.objects.latest("pk").fee_rate == 8533


@pytest.mark.parametrize("due", ["0", "-5", "1e3"])
def test_one_wrong_amount_is_one_error(bureau: Authority, due: str) -> None:
    write(bureau, line("东苑"))
    client, estate = at_desk(bureau), Estate.objects.get()
    given = {"day": timezone.localdate().isoformat(), "reporter": "样例"}
    for amounts in ({"fee_due": due, "fee_paid": "0"}, {"fee_due": "10", "fee_paid": "-1"}):
        refused = post(client, "register_report", estate.code, **given, **amounts)
        assert refused.status_code == 400
        assert "应收和实收要一起填" not in refused.content.decode()


def test_an_estate_is_put_on_record(bureau: Authority) -> None:
    client = at_desk(bureau)
    given = {"authority": str(bureau.pk), "name": "新苑", "place": WEST, "service": "5",
             "day": timezone.localdate().isoformat(), "reporter": "样例"}  # fmt: skip
    assert post(client, "register_found", **given).status_code == 302
    estate = Estate.objects.get(name="新苑")
    assert "新苑" in page(client, "register_estate", estate.code)
    wrong = post(client, "register_found", **(given | {"place": "哪里也没有"}))
    assert wrong.status_code == 400
    assert "没有找到“哪里也没有”这个地方" in wrong.content.decode()
    # Sent again, or found a second time with less known of it, it is refused.
    for again in (given, given | {"service": ""}):
        refused = post(client, "register_found", **again)
        assert refused.status_code == 400
        assert "这个社区已经有一个“新苑”，请到它的页面填报" in refused.content.decode()
    assert EstateRecord.objects.get().service == 5
    assert Estate.objects.count() == 1
    assert EstateRecord.objects.count() == 1


def test_estates_are_handed_over(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    here = authority("999901001001居委会")
    codes = list(here.estates.values_list("code", flat=True))
    form = page(client, "register_move_all", here.pk)
    assert all(code in form for code in codes)
    given = {"estates": codes, "place": WEST, "authority": "",
             "day": timezone.localdate().isoformat(), "paper": "样政发〔2026〕5号"}  # fmt: skip
    refused = post(client, "register_move_all", here.pk, **(given | {"paper": "无"}))
    assert "请写明划转的依据" in refused.content.decode()
    refused = post(client, "register_move_all", here.pk, **(given | {"place": ""}))
    assert "请填写新的社区，或者选择由谁负责" in refused.content.decode()
    refused = post(client, "register_move_all", here.pk, **(given | {"estates": ["NONE"]}))
    assert refused.status_code == 400
    assert not EstateMove.objects.exists()
    assert post(client, "register_move_all", here.pk, **given).status_code == 302
    assert EstateMove.objects.count() == len(codes) == 2
    shown = page(client, "register_estate", codes[0])
    assert "样政发〔2026〕5号" in shown
    # Nothing is left to be handed over there, and a desk that lost them sees them no more.
    page(client, "register_move_all", here.pk, status=404)
    page(at_desk(authority("东区住建局")), "register_estate", codes[0], status=404)


def divided(client: Client, at: Authority, code: str = "") -> dict[str, tuple[int, ...]]:
    asked = {"at": at.pk} | ({"in": code} if code else {})
    answer = client.get(reverse("staff:formation_divisions"), asked)
    assert answer.status_code == 200
    return {row["place"].name: tuple(row["count"])[:3] for row in answer.context["rows"]}


def test_by_division_codes_everything_adds_up(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    city = divided(client, bureau)
    # The zone's estate lies where the codes put it, in the western district.
    assert city == {"东区": (6, 3, 1), "西区": (4, 2, 0)}
    west = divided(client, bureau, "999902000000")
    assert west == {"西2街道": (3, 1, 0), "高新区": (1, 1, 0)}
    street = divided(client, bureau, "999902002000")
    assert street == {"西22社区居委会": (3, 1, 0)}
    assert divided(client, bureau, "999902002002") == {}
    listed = client.get(reverse("staff:register"), {"in": "999902002000"})
    assert listed.context["page"].paginator.count == 3
    # The district's own desk does not answer for the zone's.
    assert divided(client, authority("西区住建局")) == {"西2街道": (3, 1, 0)}
    assert divided(client, authority("样例高新区管委会")) == {"西区": (1, 1, 0)}


def test_divisions_outside_the_place_are_no_places(bureau: Authority) -> None:
    stock(bureau)
    west = authority("西区住建局")
    client = at_desk(west)
    for code in ("999901000000", "999900000000", "000000000000", "x", "９９９９"):
        page(client, "formation_divisions", at=west.pk, status=404, **{"in": code})
        page(client, "register", at=west.pk, status=404, **{"in": code})
    page(client, "register", at=west.pk, status=404, **{"in": "\0"})
    # A 社区 of the place without any estate is a place all the same.
    assert "这里还没有登记" in page(client, "register", at=west.pk, **{"in": "999902001001"})


def test_the_numbers_of_quality_open_to_their_rows(bureau: Authority) -> None:
    today = timezone.localdate()
    write(bureau, line("旧苑", formed="1"), day=today - timedelta(days=93), at=timezone.now())
    write(bureau, line("西苑", WEST), day=today, at=timezone.now())
    Estate.objects.create(
        code="AAAAAAA1", name="新苑", division_id="999901001001",
        authority=authority("999901001001居委会"), profile_code="national",
    )  # fmt: skip
    client = at_desk(bureau)
    for show, names in (
        ("never", ["新苑"]),
        ("old", ["旧苑"]),
        ("unformed", ["新苑", "西苑"]),
        ("nonsense", ["新苑", "旧苑", "西苑"]),
    ):
        found = client.get(reverse("staff:register"), {"show": show})
        assert sorted(one.row.name for one in found.context["rows"]) == sorted(names)


def test_the_nearest_first(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    found = client.get(reverse("staff:formation"), {"order": "near"}).context
    # One is missing in the east (5 of 6 wanted), two in the west, none in the zone.
    assert [(row["place"].name, row["missing"]) for row in found["rows"]] == [
        ("东区住建局", 1), ("西区住建局", 2), ("样例高新区管委会", 0),
    ]  # fmt: skip


def test_communities_without_a_row_and_committees_by_share(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    # Villages are left out, whichever way they are called.
    for number, name in enumerate(("东村村委会", "南村村民委员会"), 1):
        Division.objects.create(
            code=f"99990100190{number}", name=name, level=5, parent_id="999901001000"
        )
    found = client.get(reverse("staff:unreported"))
    names = [one.name for one in found.context["page"]]
    assert names == ["东22社区居委会", "西11社区居委会", "西12社区居委会", "西21社区居委会"]
    committee = Committee.objects.get(estate__name="东0")
    PartyCount.objects.create(
        committee=committee, members=5, party=2, unknown=0, recorded_at=timezone.now()
    )
    for state, many in (("missed", 1), ("met", 0), ("known", 1), ("unknown", 5)):
        listed = client.get(reverse("staff:party_shares"), {"state": state})
        assert listed.context["page"].paginator.count == many
    assert "东0" in page(client, "party_shares", state="missed")
    page(client, "party_shares", state="x", status=404)
    west = at_desk(authority("西区住建局"))
    assert "东0" not in page(west, "party_shares", state="missed")
    shown = page(client, "overview")
    assert "1 个里 0 个" in re.sub(r"<[^>]+>", "", shown)
    assert "还不能确定的 5 个" in shown
