"""The registers of bureaus over HTTP: what each sees, hands in and takes away."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from committees.domain.estate_register import HEADER, parse
from committees.domain.formation import Count, Month, Share, outlook
from committees.models import Committee, RegisterImport
from committees.selectors.targets import Target
from committees.services.snapshots import take_snapshot
from core.tables import read_table
from portal.outlooks import outlook_words
from registry.models import Authority, Estate, RuleProfile
from tests.committees.city import authority, city, line, workbook, write
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
WEST = "西区、西2街道、西22社区"
EAST = ("东区、东1街道、东11社区", "东区、东1街道、东12社区", "东区、东2街道、东21社区")


@pytest.fixture
def bureau() -> Authority:
    return city()


def at_desk(who: Authority, role: str = "bureau") -> Client:
    user = make_user(f"{role}_{who.pk}")
    grant(user, role, who)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Client, name: str, *args: object, status: int = 200, **asked: object) -> str:
    answer = client.get(reverse(f"staff:{name}", args=args), asked)
    assert answer.status_code == status
    return str(answer.content.decode())


def stock(bureau: Authority) -> None:
    """Ten estates: six in the east (four formed), three in the west (one), one in the zone."""
    east = [
        line(f"东{n}", EAST[n % 3], formed="2" if n == 3 else "1" if n < 4 else "3")
        for n in range(6)
    ]
    west = [line(f"西{n}", WEST, formed="1" if n == 0 else "3", service="5") for n in range(3)]
    write(bureau, *east, *west, line("新城", "西区、高新区、高新社区", formed="1"))


def send(client: Client, content: bytes, name: str = "台账.xlsx", **changes: str):
    """Upload a register; the answer."""
    who = Authority.objects.get(name="样例市住建局")
    data = {"authority": str(who.pk), "day": "2026-10-31", "reporter": "样例市住建局"} | changes
    return client.post(
        reverse("staff:register_new"), {**data, "file": SimpleUploadedFile(name, content)}
    )


def test_the_city_counts_all_and_each_place_adds_up(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    shown = page(client, "formation")
    assert "共 10 个物业管理区域，已组建 6 个，组建率 60.00%。" in shown
    assert "<b>5</b>个业主委员会" in shown
    assert "<b>1</b>个物业管理委员会" in shown
    assert "<b>50.00%</b>只算业主委员会" in shown
    found = client.get(reverse("staff:formation")).context
    places = {
        row["place"].name: tuple(row["count"])[:3] for row in (*found["rows"], *found["small"])
    }
    # The zone reports for itself, although the codes put it into the western district.
    assert places == {
        "东区住建局": (6, 3, 1), "西区住建局": (3, 1, 0), "样例高新区管委会": (1, 1, 0),
    }  # fmt: skip
    assert tuple(map(sum, zip(*places.values(), strict=True))) == (10, 5, 1)
    # Fewer than five estates have no rank.
    assert [row["place"].name for row in found["rows"]] == ["东区住建局"]


def test_drilling_down_to_the_row(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    total = 0
    for street in ("东1街道办事处", "东2街道办事处"):
        found = client.get(reverse("staff:formation"), {"at": authority(street).pk}).context
        total += found["total"]["count"].total
    east = client.get(reverse("staff:formation"), {"at": authority("东区住建局").pk}).context
    assert total == east["total"]["count"].total == 6
    listed = page(client, "register", at=authority("东2街道办事处").pk)
    assert "东2" in listed
    assert "东0" not in listed
    assert "样例市东区、东2街道、东21社区居委会" in listed


def test_the_target_of_the_place(bureau: Authority) -> None:
    RuleProfile.objects.create(
        code="national", title="全国", valid_from="2021-01-01",
        values={
            "formation.target": {"value": [70, 100], "clause": "测试条款", "verified": True}
        },
    )  # fmt: skip
    stock(bureau)
    shown = page(at_desk(bureau), "formation")
    assert "目标 70%，还差 1 个。" in shown
    assert "目标的依据：测试条款" in shown


def test_nothing_to_form_is_not_a_hundred_percent(bureau: Authority) -> None:
    shown = page(at_desk(bureau), "formation")
    assert "组建率不适用" in shown
    assert "100" not in shown.split("<h2>")[0].split("<main")[1]


def test_each_sees_the_own_places(bureau: Authority) -> None:
    stock(bureau)
    east = at_desk(authority("东区住建局"))
    assert "共 6 个物业管理区域" in page(east, "formation")
    for other in ("西区住建局", "样例市住建局", "样例高新区管委会"):
        page(east, "formation", at=authority(other).pk, status=404)
        page(east, "register", at=authority(other).pk, status=404)
        page(east, "register_xlsx", at=authority(other).pk, status=404)
    for strange in ("x", "-1", "１", "9" * 12):
        page(east, "formation", at=strange, status=404)
    page(at_desk(authority("东1街道办事处"), "street_office"), "formation")
    stranger = Client()
    stranger.force_login(
        make_user("stranger"), backend="django.contrib.auth.backends.ModelBackend"
    )
    page(stranger, "formation", status=404)


def test_what_is_taken_away_is_the_annex_and_comes_back(bureau: Authority) -> None:
    stock(bureau)
    client = at_desk(bureau)
    answer = client.get(reverse("staff:register_xlsx"))
    assert answer.headers["Content-Type"].startswith("application/vnd.openxmlformats")
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][0] == "住宅物业管理区域信息台账"
    assert tuple(rows[1]) == HEADER
    assert [row[0] for row in rows[2:12]] == list(range(1, 11))
    assert rows[-1][0].startswith("填表说明")
    assert {type(row[5]) for row in rows[2:12]} == {int}
    again, faults = parse(read_table(answer.content, "台账.xlsx"))
    assert faults == []
    assert len(again) == 10
    sent = send(client, answer.content)
    shown = client.get(sent["Location"]).content.decode()
    assert "<dt>不变</dt><dd>10</dd>" in shown


def test_a_formula_stays_text(bureau: Authority) -> None:
    write(bureau, line("=1+1", small="+cmd|x", manager="@SUM(A1)"))
    answer = at_desk(bureau).get(reverse("staff:register_xlsx"))
    sheet = load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [sheet.cell(3, column) for column in (2, 3, 9)]
    assert [cell.value for cell in cells] == ["=1+1", "+cmd|x", "@SUM(A1)"]
    assert {cell.data_type for cell in cells} == {"s"}


def test_handing_in_looking_confirming(bureau: Authority) -> None:
    client = at_desk(bureau)
    sent = send(client, workbook([line("东苑", formed="1"), line("西苑", WEST)]))
    assert sent.status_code == 302
    shown = client.get(sent["Location"]).content.decode()
    assert "<dt>新增</dt><dd>2</dd>" in shown
    assert not Estate.objects.exists()
    pk = RegisterImport.objects.get().pk
    confirm = reverse("staff:register_confirm", args=[pk])
    # Not looked at, it is not written.
    assert client.post(confirm).status_code == 409
    done = client.post(confirm, {"seen": seen(shown)}, follow=True)
    assert "已写入：新增2个，变更0个，不变0个。" in done.content.decode()
    assert Committee.objects.get().estate.name == "东苑"
    # Twice is once.
    again = client.post(reverse("staff:register_confirm", args=[pk]))
    assert again.status_code == 409
    assert "已经写入或者放弃" in again.content.decode()
    assert Estate.objects.count() == 2
    assert "已写入" in client.get(sent["Location"]).content.decode()


def test_what_changed_since_it_was_looked_at_is_looked_at_again(bureau: Authority) -> None:
    write(bureau, line("东苑", formed="3"))
    client = at_desk(bureau)
    first, second = (
        send(client, workbook([line("东苑", formed=formed)]))["Location"] for formed in "21"
    )
    looked = client.get(first).content.decode()
    (pk, other) = RegisterImport.objects.order_by("-pk").values_list("pk", flat=True)[:2][::-1]
    client.post(
        reverse("staff:register_confirm", args=[other]),
        {"seen": seen(client.get(second).content.decode())},
    )
    assert Committee.objects.get().kind == "owners"
    confirm = reverse("staff:register_confirm", args=[pk])
    stale = client.post(confirm, {"seen": seen(looked), "ends": "yes"})
    assert (stale.status_code, "再看一遍改动" in stale.content.decode()) == (409, True)
    assert Committee.objects.get().kind == "owners"
    again = client.get(first).content.decode()
    assert client.post(confirm, {"seen": seen(again), "ends": "yes"}).status_code == 302
    assert Committee.objects.filter(ended_on__isnull=True).get().kind == "management"


def seen(shown: str) -> str:
    """The digest that the confirming form carries."""
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', shown)
    return found[1] if found else ""


def text_of(shown: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", shown).split())


def test_looking_at_what_changes_and_what_ends(bureau: Authority) -> None:
    before = line("东苑", formed="1", rate="80%", manager="")
    write(bureau, before, line("西苑", WEST), line("南苑", WEST, formed="2"))
    client = at_desk(bureau)
    after = line("东苑", formed="3", rate="85.3%", service="5", manager="样例物业，样例经理")
    sent = send(client, workbook([after, line("西苑", WEST), line("南苑", WEST, formed="")]))
    shown = text_of(client.get(sent["Location"]).content.decode())
    for words in (
        "物业服务形态 ： 专业化物业服务 → 无物管",
        "业主委员会组建情况 ： 业主委员会 → 未成立",
        "物业服务企业及项目负责人 ： 没有填 → 样例物业，样例经理",
        "物业费收缴率 ： 80% → 85.3%",
    ):
        assert words.replace(" ", "") in shown.replace(" ", "")
    assert "党的工作覆盖情况" not in shown
    assert "写入以后，1个委员会将从台账里终止" in shown
    assert "业主委员会（2026-10-31成立）" in shown
    assert "西苑" not in shown
    # Left empty, what is known stays, and the preview says so.
    assert "1行里有空着的格子" in shown
    assert "第5行南苑：业主委员会组建情况：物业管理委员会" in shown.replace(" ", "")
    # Where nothing ends nothing warns.
    sent = send(client, workbook([line("东苑", formed="1", around="东至二路")]))
    shown = text_of(client.get(sent["Location"]).content.decode())
    assert "终止" not in shown
    assert "四至范围：东至一路→东至二路" in shown.replace(" ", "")


def test_merged_names_are_named(bureau: Authority) -> None:
    book = load_workbook(io.BytesIO(workbook([line("东苑"), line("")])))
    book.active.merge_cells("B3:B4")
    out = io.BytesIO()
    book.save(out)
    client = at_desk(bureau)
    shown = client.get(send(client, out.getvalue())["Location"]).content.decode()
    assert "B3:B4 是合并的单元格，“物业管理区域名称”要一行填一个" in shown
    assert "有1处错误" in shown


def test_a_search_that_finds_nothing(bureau: Authority) -> None:
    client = at_desk(bureau)
    assert "这里还没有登记物业管理区域" in page(client, "register")
    write(bureau, line("东苑", formed="1"))
    for asked in ({"show": "unformed"}, {"q": "西"}):
        shown = page(client, "register", **asked)
        assert "没有找到。" in shown
        assert "这里还没有登记" not in shown


def test_every_fault_with_its_row_and_column(bureau: Authority) -> None:
    client = at_desk(bureau)
    sent = send(
        client, workbook([line("东苑", service="7", rate="120%"), line("西苑", "火星")])
    )
    shown = client.get(sent["Location"]).content.decode()
    assert "有3处错误，什么也没有写入" in shown
    for words in ("物业服务形态", "物业费收缴率不能超过百分之百", "没有找到“火星”这个地方"):
        assert words in shown
    assert "确认，写入台账" not in shown
    assert "有错误，不能写入" in shown
    assert "等确认" not in shown
    pk = RegisterImport.objects.get().pk
    assert client.post(reverse("staff:register_confirm", args=[pk])).status_code == 409
    done = client.post(reverse("staff:register_drop", args=[pk]), follow=True)
    assert "已放弃" in done.content.decode()
    assert not Estate.objects.exists()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.xlsx", "文件是空的"),
        (b"MZ", "a.xlsx", "内容却"),
        (b"x", "a.exe", "只能读取"),
    ],
)
def test_files_that_are_none(bureau: Authority, content: bytes, name: str, words: str) -> None:
    sent = send(at_desk(bureau), content, name)
    assert sent.status_code == 400
    assert words in sent.content.decode()
    assert sent.content.decode().count("errors-title") == 2  # one list, named by its heading
    assert not RegisterImport.objects.exists()


def test_a_form_left_empty(bureau: Authority) -> None:
    answer = at_desk(bureau).post(reverse("staff:register_new"), {})
    assert answer.status_code == 400
    shown = answer.content.decode()
    for words in ("请填写台账是哪一天的数据", "请写明填报单位", "请选择"):
        assert words in shown
    late = send(at_desk(authority("东区住建局")), workbook([line("东苑")]))
    assert late.status_code == 400  # the city's register is not a district's to hand in
    ahead = send(at_desk(authority("样例高新区管委会")), workbook([]), day="2999-01-01")
    assert ahead.status_code == 400


def test_a_changed_header_is_named(bureau: Authority) -> None:
    client = at_desk(bureau)
    header = ("序号", "名称", *HEADER[2:])
    sent = send(client, workbook([line("东苑")], header))
    shown = client.get(sent["Location"]).content.decode()
    assert "第2列应为“物业管理区域名称”，文件里是“名称”" in shown


def test_anothers_file_does_not_exist(bureau: Authority) -> None:
    sent = send(at_desk(bureau), workbook([line("东苑")]))
    east = at_desk(authority("东区住建局"))
    assert east.get(sent["Location"]).status_code == 404
    pk = RegisterImport.objects.get().pk
    for name in ("register_confirm", "register_drop"):
        assert east.post(reverse(f"staff:{name}", args=[pk])).status_code == 404


def test_a_year_by_month(bureau: Authority) -> None:
    august, september, at = date(2025, 8, 31), date(2025, 9, 30), timezone.now()
    write(
        bureau, *(line(f"东{n}") for n in range(9)), line("东9", formed="1"), day=august, at=at
    )
    take_snapshot(day=august, at=at)
    write(bureau, *(line(f"东{n}", formed="1") for n in range(3)), day=september, at=at)
    take_snapshot(day=september, at=at)
    client = at_desk(bureau)
    shown = page(client, "formation_months", year="2025")
    assert shown.index("2025-08-31") < shown.index("2025-09-30")
    assert ">10.00%<" in shown
    assert ">40.00%<" in shown
    assert 'role="img"' in shown
    assert "修正" not in shown.split("<details>")[0].split("</thead>")[1]
    Committee.objects.create(
        estate=Estate.objects.get(name="东5"), kind="owners", source="filed",
        formed_on=august, recorded_by="user:1", recorded_at=at,
    )  # fmt: skip
    shown = page(client, "formation_months", year="2025")
    assert "按现在的记录，10个中组建了2个" in shown
    assert ">10.00%<" in shown  # what was told stays
    assert "还没有月末数据" in page(client, "formation_months", year="2020")
    ahead = str(timezone.localdate().year + 1)
    for strange in ("x", "1999", "２０２５", "-1", "9999", ahead):
        page(client, "formation_months", year=strange, status=404)


@pytest.mark.parametrize(
    ("formed", "words"),
    [
        ((1, 4), "目标 70%，还差 3 个；还剩 92 天，每30天要组建 1 个。"
                 "照最近每30天 3 个的速度，到12月31日约 10 个，组建率 100.00%，能达到目标。"),
        ((4, 4), "目标 70%，还差 3 个；还剩 92 天，每30天要组建 1 个。"
                 "照最近每30天 0 个的速度，到12月31日约 4 个，组建率 40.00%，达不到目标。"),
        ((4,), "目标 70%，还差 3 个；还剩 92 天，每30天要组建 1 个。"),
        ((8,), "目标 70% 已经达到。"),
    ],
)  # fmt: skip
def test_the_outlook_in_words(formed: tuple[int, ...], words: str) -> None:
    days = (date(2026, 8, 31), date(2026, 9, 30))[-len(formed) :]
    months = [Month(day, Count(10, n)) for day, n in zip(days, formed, strict=True)]
    target = Target(Share(7, 10), "x")
    assert outlook_words(months[-1].estates, outlook(months, target.share), target) == words


def test_a_page_asks_the_same_of_any_number_of_estates(
    bureau: Authority, django_assert_max_num_queries
) -> None:
    stock(bureau)
    client = at_desk(bureau)
    for name in ("formation", "register"):
        page(client, name)
        with django_assert_max_num_queries(22):
            page(client, name)


def test_only_the_own_and_those_right_below_are_offered(bureau: Authority) -> None:
    """Not one list of every 社区 of a city: a file may hold rows of all of them."""
    client = at_desk(bureau)
    own = [bureau.name, "样例高新区管委会", "东区住建局", "西区住建局"]
    for name in ("register_new", "register_found"):
        form = client.get(reverse(f"staff:{name}")).context["form"]
        assert [label for _pk, label in form.fields["authority"].choices] == own
    street = at_desk(authority("东1街道办事处"), "street_office")
    form = street.get(reverse("staff:register_new")).context["form"]
    assert [label for _pk, label in form.fields["authority"].choices] == [
        "东1街道办事处", "999901001001居委会", "999901001002居委会",
    ]  # fmt: skip
    # A single estate goes to the 社区 its place names; with a name alone one is shown which.
    given = {
        "authority": str(bureau.pk), "name": "新苑", "place": "东22社区",
        "day": timezone.localdate().isoformat(), "reporter": "样例市住建局",
    }  # fmt: skip
    told = client.post(reverse("staff:register_found"), given)
    assert told.status_code == 400
    assert "最接近的是：样例市东区、东2街道、东22社区居委会" in told.content.decode()
    given["place"] = "东区、东2街道、东22社区"
    assert client.post(reverse("staff:register_found"), given).status_code == 302
    assert Estate.objects.get(name="新苑").authority.name == "999901002002居委会"
