"""The problem register over HTTP: who sees which list, what is taken away, what all read."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from committees.domain.problem_sheets import campaign_title
from committees.models import Problem, ProblemItem, ProblemPage
from registry.domain.problems import ITEMS
from registry.models import Authority, Estate
from tests.committees.city import authority, city
from tests.committees.troubles import BUREAU, STREET, closed, place, progressed, reported
from tests.documents.test_scans import photo
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
# 建物发〔2023〕300号, annex 2, cell by cell.
ANQING = (
    "序号", "项目名称", "所在区县", "物业服务企业", "问题类别", "问题内容", "整改措施进展情况",
    "责任单位 / 人", "整改完成时限", "是否销号", "备注",
)  # fmt: skip
# 枣住建房字〔2020〕15号, annex 2.
ZAOZHUANG = (
    "序号", "项目名称", "物业服务企业", "服务标准", "存在问题", "整治措施", "完成时限",
    "责任人", "进展情况", "社区", "街道", "备注",
)  # fmt: skip
SAID = {
    "source": "own", "item": "11", "group": "", "content": "消防车道没有划线",
    "company": "样例物业", "unit": "样例物业", "person": "", "measures": "", "campaign": "",
    "standard": "", "remarks": "",
}  # fmt: skip


@pytest.fixture
def bureau() -> Authority:
    return city()


@pytest.fixture
def estate(bureau: Authority) -> Estate:
    return place()


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


def sheet_of(client: Client, name: str, *args: object, **asked: object) -> Worksheet:
    answer = client.get(reverse(f"staff:{name}", args=args), asked)
    assert answer.status_code == 200
    found = load_workbook(io.BytesIO(answer.content)).active
    assert isinstance(found, Worksheet)
    return found


def texts(sheet: Worksheet, row: int, count: int) -> list[object]:
    return [sheet.cell(row, column).value for column in range(1, count + 1)]


def listed(client: Client, **asked: object) -> list[str]:
    found = client.get(reverse("staff:problems"), asked).context
    return [one.content for one, _late, _moves in found["rows"]]


def today() -> date:
    return timezone.localdate()


def test_a_problem_from_the_list_to_its_end(bureau: Authority, estate: Estate) -> None:
    clerk = at_desk(authority("999901001001居委会"), "residents_committee")
    assert estate.name in page(clerk, "problem_choose", q="东")
    shown = page(clerk, "problem_new", estate.code)
    assert "11. 消防车道未划线标名立牌" in shown
    # Every item in its whole length, under its class, while one chooses.
    for number, item in ITEMS.items():
        assert f"<span>{number}. {item.words}</span>" in shown
    assert shown.count('type="radio" name="item"') == len(ITEMS) == 22
    assert shown.index("3. 侵占业主共有资金") < shown.index("<span>15. ")
    data = SAID | {"found_on": str(today()), "deadline": str(today() + timedelta(days=9))}
    made = clerk.post(reverse("staff:problem_new", args=[estate.code]), data)
    assert made.status_code == 302
    pk = Problem.objects.get().pk
    act = {"day": str(today()), "text": "已经划线", "person": "孙报", "papers": []}
    assert clerk.post(reverse("staff:problem_progress", args=[pk]), act).status_code == 302
    for name in ("problem_close", "problem_deadline", "problem_reopen"):
        page(clerk, name, pk, status=404)
    assert "由街道办事处或者住建局办" in page(clerk, "problem", pk)
    street = at_desk(authority("东1街道办事处"), "street_office")
    to = {"deadline": str(today() + timedelta(days=30)), "reason": "等划线机到场"}
    assert street.post(reverse("staff:problem_deadline", args=[pk]), to).status_code == 302
    end = {"day": str(today()), "inspector": "孙报", "text": "现场看过，已经划线"}
    path = reverse("staff:problem_close", args=[pk])
    refused = street.post(path, end)
    assert refused.status_code == 400
    for words in ("验收人不能是责任人或者报告进展的人", "没有佐证不能销号"):
        assert words in refused.content.decode()
    for content, words in ((b"", "是空的（0字节）"), (b"MZ\x90", "只收照片")):
        given = end | {"papers": SimpleUploadedFile("a.jpg", content)}
        assert words in street.post(path, given).content.decode()
    done = street.post(
        path,
        end | {"inspector": "钱检", "papers": SimpleUploadedFile("现场.jpg", photo())},
        follow=True,
    )
    shown = done.content.decode()
    for words in ("已销号", "验收人：钱检", "改到", "现场.jpg 1"):
        assert words in shown
    # The other tab, still open.
    again = street.post(
        path, end | {"inspector": "钱检", "papers": SimpleUploadedFile("b.jpg", photo())}
    )
    assert again.status_code == 400
    assert "这个问题已经销号" in again.content.decode()
    picture = street.get(reverse("staff:problem_page", args=[pk, ProblemPage.objects.get().pk]))
    assert picture.content.startswith(b"\xff\xd8")
    assert picture.headers["Cache-Control"] == "private, no-store"
    reopened = street.post(
        reverse("staff:problem_reopen", args=[pk]),
        {"deadline": str(today() + timedelta(days=3)), "reason": "划线又磨掉了"},
    )
    assert reopened.status_code == 302
    assert Problem.objects.get().state == "open"


def test_the_own_progress_is_closed_by_another(bureau: Authority, estate: Estate) -> None:
    problem = reported(estate)
    street = at_desk(authority("东1街道办事处"), "street_office")
    act = {"day": str(today()), "text": "街道自己清运了", "person": ""}
    street.post(reverse("staff:problem_progress", args=[problem.pk]), act)
    end = {"day": str(today()), "inspector": "钱检", "text": "现场看过，已经清运",
           "papers": SimpleUploadedFile("b.jpg", photo())}  # fmt: skip
    refused = street.post(reverse("staff:problem_close", args=[problem.pk]), end)
    assert refused.status_code == 400
    assert "不能自己销号" in refused.content.decode()


def test_what_is_wrong_stands_beside_its_field(bureau: Authority, estate: Estate) -> None:
    client = at_desk(bureau)
    path = reverse("staff:problem_new", args=[estate.code])
    for changes, words in (
        ({"item": ""}, "问题项目是1到22号"),
        ({"item": "0"}, "问题项目是1到22号"),
        ({"item": "23"}, "第23项还没有增加"),
        ({"item": "-5"}, "问题项目是1到22号"),
        ({"item": "15", "group": "2"}, "第15项属于第3类“侵占业主共有资金和违规收费问题”"),
        ({"found_on": "2999-01-01"}, "发现的日期不能晚于今天"),
        ({"deadline": "2001-01-01"}, "整改完成时限不能早于发现的日期"),
        ({"deadline": ""}, "请填写整改完成时限"),
        ({"content": "住户电话13800001234"}, "请不要写身份证号、手机号、银行账号"),
        ({"campaign": "7"}, "请选择四项攻坚行动之一"),
    ):
        data = SAID | {"found_on": str(today()), "deadline": str(today())} | changes
        answer = client.post(path, data)
        assert answer.status_code == 400
        assert words in answer.content.decode()
    for strange in ("x" * 9, "１.５", "99999999999"):
        assert client.post(path, SAID | {"item": strange}).status_code == 400
    assert not Problem.objects.exists()


def test_each_sees_the_own_places(bureau: Authority, estate: Estate) -> None:
    problem = reported(estate)
    progressed(problem)
    closed(problem)
    picture = ProblemPage.objects.get().pk
    other = place("西苑", "999902001001")
    west = at_desk(authority("西区住建局"))
    for name, args in (
        ("problem", [problem.pk]), ("problem_page", [problem.pk, picture]),
        ("problem_progress", [problem.pk]), ("problem_close", [problem.pk]),
        ("problem_correct", [problem.pk]), ("problem_new", [estate.code]),
        ("problem", [problem.pk + 99]),
    ):  # fmt: skip
        page(west, name, *args, status=404)
    # A picture of another problem, asked for through one's own.
    own = reported(other)
    page(west, "problem_page", own.pk, picture, status=404)
    for where in (authority("东区住建局").pk, "x", "9" * 12):
        for name in ("problems", "problems_xlsx"):
            page(west, name, at=where, status=404)
    assert listed(west) == [own.content]
    for name in ("problems", "problem_choose", "problems_xlsx"):
        page(at_desk(authority("东区住建局"), "operator"), name, status=404)
        break


def test_late_ones_first_and_the_filters(bureau: Authority, estate: Estate) -> None:
    due = {
        "late": today() - timedelta(days=3), "later": today() - timedelta(days=9),
        "now": today(), "then": today() + timedelta(days=9),
    }  # fmt: skip
    for name, deadline in due.items():
        reported(
            estate, content=f"问题{name}", deadline=deadline, found_on=date(2026, 1, 5),
            source="petition" if name == "late" else "own", item=15 if name == "then" else 1,
            at=timezone.now(),
        )  # fmt: skip
    done = reported(estate, content="问题done")
    progressed(done)
    closed(done)
    client = at_desk(bureau)
    assert listed(client) == ["问题later", "问题late", "问题now", "问题then", "问题done"]
    assert listed(client, state="late") == ["问题later", "问题late"]
    assert listed(client, state="closed") == ["问题done"]
    assert listed(client, state="open", source="petition") == ["问题late"]
    assert listed(client, group=3) == ["问题then"]
    assert listed(client, q="东") == listed(client)
    assert listed(client, q="西") == []
    for strange in ("x", "99", "-1", "１"):
        assert len(listed(client, group=strange, state=strange, source=strange)) == 5
    total = client.get(reverse("staff:problems")).context["total"]
    assert total == (5, 1, 4, 2, 0)


def test_a_local_item_is_in_the_fifth_class(bureau: Authority, estate: Estate) -> None:
    client = at_desk(bureau)
    data = {"authority": str(bureau.pk), "number": "23", "words": "高空抛物"}
    assert client.post(reverse("staff:problem_items"), data).status_code == 302
    assert ProblemItem.objects.get().number == 23
    for changes, words in (
        ({}, "23号已经用在"), ({"number": "9"}, "增加的问题从23号编起"),
        ({"number": "24", "words": ""}, "请填写问题"),
    ):  # fmt: skip
        refused = client.post(reverse("staff:problem_items"), data | changes)
        assert words in refused.content.decode()
    assert "23. 高空抛物" in page(client, "problem_new", estate.code)
    reported(estate, item=23, content="八楼往下扔瓶子")
    assert listed(client, group=5) == ["八楼往下扔瓶子"]
    street = at_desk(authority("东1街道办事处"), "street_office")
    page(street, "problem_items", status=404)
    sheet = sheet_of(client, "problems_xlsx")
    assert sheet.cell(3, 5).value == 5
    assert "23. 高空抛物。" in str(sheet.cell(sheet.max_row - 1, 1).value)


def test_sent_anew_from_further_back_it_is_a_repetition(
    bureau: Authority, estate: Estate
) -> None:
    clerk = at_desk(authority("999901001001居委会"), "residents_committee")
    form = SAID | {"found_on": str(today()), "deadline": str(today())}
    path = reverse("staff:problem_new", args=[estate.code])
    first = clerk.post(path, form | {"submission": "a" * 32})
    again = clerk.post(path, form | {"submission": "b" * 32})
    assert (first.status_code, again.status_code) == (302, 400)
    shown = again.content.decode()
    assert "已经登记过：第1号" in shown
    assert f'href="{first.headers["Location"]}"' in shown
    assert estate.problems.count() == 1


class TestTheAnnexes:
    def test_anqing(self, bureau: Authority, estate: Estate) -> None:
        problem = reported(estate, item=15, content="=cmd|' /C calc'!A0", remarks="+1")
        progressed(problem, "@SUM(A1)已经退回")
        done = reported(estate, person="")
        progressed(done)
        closed(done)
        zone = place("新城", "999902009001", authority=authority("样例高新区管委会"))
        reported(zone)
        client = at_desk(bureau)
        sheet = sheet_of(client, "problems_xlsx")
        assert sheet.cell(1, 1).value == "住宅物业服务问题整治工作台账"
        assert tuple(texts(sheet, 2, 11)) == ANQING
        assert sheet.cell(2, 12).value is None
        # The title and the notes go across all columns, nothing else is joined.
        assert {str(one) for one in sheet.merged_cells.ranges} == {
            f"A{row}:K{row}" for row in (1, *range(6, sheet.max_row + 1))
        }
        assert texts(sheet, 3, 11) == [
            1, "东苑", "东区", "样例物业有限公司", 3, "=cmd|' /C calc'!A0",
            "每天早晚各清运一次\n2026-10-20 @SUM(A1)已经退回", "样例物业有限公司 / 赵工",
            "2026-10-31", "否", "+1",
        ]  # fmt: skip
        assert {sheet.cell(3, column).data_type for column in (6, 7, 11)} == {"s"}
        assert all(sheet.cell(3, column).quotePrefix for column in (6, 7, 11))
        assert texts(sheet, 4, 11)[7:10] == ["样例物业有限公司", "2026-10-31", "是"]
        # By the codes, which put the zone into the western district, as annex 1 says too.
        assert sheet.cell(5, 3).value == "西区"
        other = sheet_of(client, "register_xlsx")
        rows = {row[1].value: row[3].value for row in other.iter_rows(min_row=3)}
        assert "西区" in rows["新城"]
        noted = [str(sheet.cell(row, 1).value) for row in range(6, sheet.max_row + 1)]
        assert noted[0] == (
            "填表说明：问题类别按照以下五类问题予以分类，在“问题类别”栏中填写“1”“2”等数字表示问题类别；"
            "在“问题内容”栏中填写具体问题描述。"
        )
        assert [line[:3] for line in noted[1:6]] == [
            "（一）", "（二）", "（三）", "（四）", "（五）",
        ]  # fmt: skip
        assert noted[3].startswith("（三）侵占业主共有资金和违规收费问题。15. 未经业主大会")
        assert noted[5].endswith("22. 有关单位、业委会履职不到位等。")
        assert noted[6:] == ["各地可在“其他问题”的基础上增加问题类型。"]

    def test_zaozhuang(self, bureau: Authority, estate: Estate) -> None:
        for number in range(3):
            reported(estate, campaign=1, content=f"问题{number}", standard="二级")
        reported(estate, campaign=2, content="路面破损")
        reported(estate, content="不属于任何一项")
        other = place("西苑", "999902001001")
        one = reported(other, campaign=1, content="西苑的问题", person="")
        progressed(one, "已经补种")
        twin = place("西苑", "999902001001")
        reported(twin, campaign=1, content="另一个西苑")
        reported(twin, campaign=1, content="另一个西苑的第二个")
        sheet = sheet_of(at_desk(bureau), "campaign_xlsx", 1)
        now = today()
        assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == [
            "环境卫生攻坚行动整治工作台账", "属地：样例市",
            f"{now.year}年{now.month}月{now.day}日",
        ]  # fmt: skip
        assert tuple(texts(sheet, 4, 12)) == ZAOZHUANG
        first = texts(sheet, 5, 12)
        assert first == [
            1, "东苑", "样例物业有限公司", "二级", "1. 问题0", "每天早晚各清运一次",
            "2026-10-31", "赵工", None, "东11社区居委会", "东1街道", None,
        ]  # fmt: skip
        assert [sheet.cell(row, 5).value for row in range(5, 11)] == [
            "1. 问题0", "2. 问题1", "3. 问题2", "1. 西苑的问题", "1. 另一个西苑",
            "2. 另一个西苑的第二个",
        ]  # fmt: skip
        assert [sheet.cell(row, 1).value for row in range(5, 11)] == [1, None, None, 2, 3, None]
        assert sheet.cell(8, 9).value == "2026-10-20 已经补种"
        assert sheet.cell(8, 8).value == "样例物业有限公司"
        # 序号 项目名称 物业服务企业 服务标准 社区 街道, of each project with several problems.
        assert {str(one) for one in sheet.merged_cells.ranges} == {
            f"{column}{first}:{column}{last}"
            for first, last in ((5, 7), (9, 10))
            for column in "ABCDJK"
        } | {f"A{row}:L{row}" for row in (1, 2, 3, 11)}
        assert sheet.cell(11, 1).value == (
            "注：1. 表格使用 Excel 类电子表格。2. 按照环境卫生、道路设施等四项攻坚行动分别建立"
            "台账。3. 问题、整治措施等相对应，每条问题占一行。序号同项目名称等对应，一个项目"
            "一个序号。"
        )
        assert sheet.max_row == 11

    def test_the_four_campaigns(self, bureau: Authority, estate: Estate) -> None:
        client = at_desk(bureau)
        titles = [
            "环境卫生攻坚行动整治工作台账", "道路设施攻坚行动整治工作台账",
            "车辆停放攻坚行动整治工作台账", "服务质量攻坚行动整治工作台账",
        ]  # fmt: skip
        assert [campaign_title(one) for one in (1, 2, 3, 4)] == titles
        for number, title in enumerate(titles, 1):
            assert sheet_of(client, "campaign_xlsx", number).cell(1, 1).value == title
        for number in (0, 5):
            page(client, "campaign_xlsx", number, status=404)


class TestEverybody:
    def shown(self, name: str, *args: object, **asked: object) -> str:
        answer = Client().get(reverse(f"portal:{name}", args=args), asked)
        assert answer.status_code == 200
        return str(answer.content.decode())

    def every(self, estate: Estate) -> str:
        return "".join(
            self.shown("problems", estate.code, list=one)
            for one in ("problems", "duties", "measures")
        )

    def test_the_three_lists_without_names(self, bureau: Authority, estate: Estate) -> None:
        problem = reported(
            estate, content="赵工没有按合同清运，3幢2单元501室门口堆垃圾，电话0556-5551234",
            measures="赵工每天早晚清运",
        )  # fmt: skip
        progressed(problem, "孙报说已经清运，李先生也在", person="孙报")
        closed(problem, text="钱检现场看过，干净了")
        shown = self.every(estate)
        for words in ("没有按合同清运", "样例物业有限公司", "2026-10-31", "检查发现",
                      "每天早晚清运", "现场看过，干净了", "2026-10-25 销号"):  # fmt: skip
            assert words in shown
        for secret in ("赵工", "孙报", "钱检", "李先生", "501", "5551234"):
            assert secret not in shown

    @pytest.mark.parametrize("source", ["petition", "hotline_1584", "hotline_12345"])
    def test_of_a_complaint_no_hint(
        self, bureau: Authority, estate: Estate, source: str
    ) -> None:
        problem = reported(
            estate, source=source, item=4, content="三楼老太太说隔壁养鸡", measures="约谈隔壁",
            remarks="老太太来过两次",
        )  # fmt: skip
        progressed(problem, "老太太确认鸡没有了")
        shown = self.every(estate)
        assert "物业使用人违反规定饲养鸡、鸭、鹅、兔、羊、猪等家禽家畜。" in shown
        assert "群众反映" in shown
        assert "2026-10-20" in shown
        for secret in ("老太太", "隔壁", "三楼", "信访", "1584", "12345", source):
            assert secret not in shown

    def test_a_correction_shows_nothing_of_before(
        self, bureau: Authority, estate: Estate
    ) -> None:
        problem = reported(estate, content="王五把垃圾扔在北门")
        client = at_desk(bureau)
        data = SAID | {"item": "1", "content": "北门有垃圾", "reason": "王五的名字不该写"}
        path = reverse("staff:problem_correct", args=[problem.pk])
        assert client.post(path, data).status_code == 302
        assert "原来的写法" in page(client, "problem", problem.pk)
        assert "王五把垃圾扔在北门" in page(client, "problem", problem.pk)
        assert "王五" not in self.every(estate)
        progressed(problem, "赵工说已经清运")  # who answered for it until the correction
        assert "赵工" not in self.every(estate)

    def test_of_an_authority(self, bureau: Authority, estate: Estate) -> None:
        reported(estate, content="东苑的问题")
        west = place("西苑", "999902001001")
        reported(west, content="西苑的问题", person="赵工")
        shown = self.shown("authority_problems", bureau.pk)
        assert "一共 2 个问题，2 个还在整改" in shown
        assert "东苑的问题" in shown
        assert "西苑的问题" in shown
        east = self.shown("authority_problems", authority("东区住建局").pk, list="duties")
        assert "西苑的问题" not in east
        assert reverse("portal:problems", args=[estate.code]) in east
        assert "赵工" not in shown + east

    def test_strange_addresses(self, bureau: Authority, estate: Estate) -> None:
        for name, args in (("problems", ["ZZZZZZZZ"]), ("authority_problems", [999999])):
            assert Client().get(reverse(f"portal:{name}", args=args)).status_code == 404
        Authority.objects.filter(pk=bureau.pk).update(valid_to=date(2021, 1, 1))
        gone = reverse("portal:authority_problems", args=[bureau.pk])
        assert Client().get(gone).status_code == 404
        for strange in ("x", "-1", "999"):
            self.shown("problems", estate.code, list=strange, page=strange)

    def test_the_way_to_them(self, bureau: Authority, estate: Estate) -> None:
        shown = self.shown("accounts_home", estate.code)
        assert reverse("portal:problems", args=[estate.code]) in shown
        assert reverse("staff:problems") in page(at_desk(bureau), "formation")


def test_a_page_asks_the_same_of_any_number(
    bureau: Authority, estate: Estate, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        problem = reported(place(f"苑{number}"), item=1 + number)
        progressed(problem, by=STREET if number % 2 else BUREAU)
    client = at_desk(bureau)
    page(client, "problems")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        page(client, "problems")
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        Client().get(reverse("portal:authority_problems", args=[bureau.pk]))
