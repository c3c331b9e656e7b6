"""The roll's pages, over HTTP: from a file to a roll without open findings, and back."""

import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.tables import read_table
from registry.models import Estate, NumberCheck, Ownership, RollImport, Unit
from registry.selectors import current_titles, open_findings
from registry.services.imports import stamp_of
from tests.registry.rolls import (
    as_csv,
    as_xlsx,
    imported,
    line,
    make_estate,
    number,
    roll_lines,
)
from tests.town import grant, make_user

AREA = "建筑面积(㎡)"


@pytest.fixture
def estate(db) -> Estate:
    return make_estate()


@pytest.fixture
def clerk(estate) -> Client:
    user = make_user("clerk")
    grant(user, "organiser", estate)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def second(estate) -> Client:
    user = make_user("second")
    grant(user, "supervisor", estate)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def upload(clerk, estate, content, name="名册.xlsx", whole="yes"):
    return clerk.post(
        reverse("roll:upload", args=[estate.code]),
        {"file": SimpleUploadedFile(name, content), "whole": whole},
    )


def page_of(estate, name="preview", pk=None):
    kept = pk or RollImport.objects.latest("pk").pk
    return reverse(f"roll:{name}", args=[estate.code, kept])


def seen(**more):
    """What the form of the page says of the file it shows."""
    return {"seen": stamp_of(RollImport.objects.latest("pk")), **more}


def confirmed_by(second, estate):
    for waits in estate.proposals.filter(state="waiting"):
        second.post(reverse("roll:change_confirm", args=[estate.code, waits.pk]))


def text(response):
    return response.content.decode()


def test_from_a_file_to_the_roll_and_back(clerk, estate):
    answer = upload(clerk, estate, as_xlsx(roll_lines(12)))
    assert answer.headers["Location"] == page_of(estate)
    assert "没有错误，可以导入" in text(clerk.get(page_of(estate)))
    assert not Unit.objects.exists()
    assert clerk.post(page_of(estate, "confirm"), seen()).status_code == 302
    assert Unit.objects.count() == 12
    assert ">12<" in text(clerk.get(reverse("roll:home", args=[estate.code])))
    assert "不计入人数和面积" not in text(clerk.get(reverse("roll:home", args=[estate.code])))
    assert clerk.post(page_of(estate, "undo")).status_code == 302
    assert not Unit.objects.exists()


def test_a_file_that_retires_many_units_is_confirmed_twice_over(clerk, second, estate):
    upload(clerk, estate, as_xlsx(roll_lines(40)))
    assert 'name="retiring"' not in text(clerk.get(page_of(estate, "preview")))
    clerk.post(page_of(estate, "confirm"), seen())
    upload(clerk, estate, as_xlsx(roll_lines(20)))
    page = text(second.get(page_of(estate, "preview")))
    assert "名册现有 40 套，新表格里没有其中的 20 套，导入后它们全部失效" in page
    assert 'name="retiring"' in page
    refused = second.post(page_of(estate, "confirm"), seen())
    assert refused.status_code == 409
    assert "新表格里没有其中的 20 套" in text(refused)
    assert Unit.objects.filter(is_active=True).count() == 40
    assert second.post(page_of(estate, "confirm"), seen(retiring="on")).status_code == 302
    assert Unit.objects.filter(is_active=True).count() == 20


def test_all_faults_stand_on_the_page_and_can_be_typed_right(clerk, estate):
    rows = [line(**{AREA: "89.50+12.30"}), line(室号="102", 状态="已售", **{AREA: "0"})]
    upload(clerk, estate, as_xlsx(rows))
    page = text(clerk.get(page_of(estate)))
    assert "有3处错误" in page
    assert "89.50+12.30" in page
    assert "确认导入" not in page
    names = re.findall(r'name="(cell-\d+-\d+)"', page)
    assert len(names) == 3
    refused = clerk.post(page_of(estate, "confirm"), seen())
    assert refused.status_code == 409
    assert "还有 3 处错误" in text(refused)
    area, state = (rows[0].index("89.50+12.30"), rows[1].index("已售"))
    clerk.post(
        page_of(estate, "correct"),
        {f"cell-2-{area}": "101.80", f"cell-3-{area}": "90", f"cell-3-{state}": "已交付"},
    )
    assert "没有错误，可以导入" in text(clerk.get(page_of(estate)))
    clerk.post(page_of(estate, "confirm"), seen())
    assert sorted(Unit.objects.values_list("area", flat=True)) == [9000, 10180]


def test_the_file_comes_back_with_its_reasons(clerk, estate):
    upload(clerk, estate, as_xlsx([line(**{AREA: "x"})]))
    answer = clerk.get(page_of(estate, "faults"))
    assert "attachment" in answer.headers["Content-Disposition"]
    table = read_table(answer.content, "back.xlsx")
    assert "面积不是数字" in table.rows[0].cells[-1]


def test_the_roll_says_what_will_not_count_in_a_vote(clerk, estate):
    rows = [
        *roll_lines(2),
        line(幢号="地下", 室号="12", 规划用途="车位", 证件号码=number(90), **{AREA: "12.50"}),
        line(幢号="9幢", 规划用途="物业用房", 权利人="", 证件号码="", **{AREA: "40"}),
    ]
    upload(clerk, estate, as_xlsx(rows))
    assert clerk.post(page_of(estate, "confirm"), seen()).status_code == 302
    page = text(clerk.get(reverse("roll:home", args=[estate.code])))
    assert "其中车位、储藏间1个，共12.50平方米" in page
    assert "表决时不计入人数和面积" in page
    assert "共有的用房1套，共40.00平方米" in page


def test_further_sheets_are_named_on_the_preview(clerk, estate):
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(roll_lines(2))))
    book.create_sheet("三期")
    content = io.BytesIO()
    book.save(content)
    upload(clerk, estate, content.getvalue())
    page = text(clerk.get(page_of(estate)))
    assert "还有工作表“三期”" in page
    assert "第0行" not in page


def test_the_columns_that_must_be_there_are_not_called_optional(clerk, estate):
    upload(clerk, estate, as_csv([("x", "1", "王五")], ("门牌", "多大", "谁家")), "名册.csv")
    page = text(clerk.get(page_of(estate, "columns")))
    labels = r'<label for="id_(room|address|area|owners|phone)">([^\n]*)</label>'
    needed = re.findall(labels, page)
    assert {key for key, label in needed if "可不填" in label} == {"phone"}
    assert len(needed) == 5


def test_unknown_columns_are_asked_for_and_everything_missing_is_named(clerk, estate):
    content = as_csv([("3-2-501", "89.5", "王五")], ("门牌", "多大", "谁家"))
    answer = upload(clerk, estate, content, "odd.csv")
    assert answer.headers["Location"] == page_of(estate, "columns")
    wrong = clerk.post(page_of(estate, "columns"), {"room": "门牌"})
    assert wrong.status_code == 400
    assert "没有找到建筑面积" in text(wrong)
    assert "没有找到业主" in text(wrong)
    assert re.search(r'value="门牌" selected', text(wrong))
    right = clerk.post(
        page_of(estate, "columns"), {"room": "门牌", "area": "多大", "owners": "谁家"}
    )
    assert right.headers["Location"] == page_of(estate)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b""),
        ("a.xlsx", b"MZ\x90\x00" * 9),
        ("a.pdf", b"%PDF-1.7"),
        ("a.csv", "房号".encode("utf-16")),
        ("a.csv", as_csv([("1",) * 3] * 150_001, ("房号", "面积", "业主"))),
    ],
)
def test_a_file_that_is_none_is_refused_on_its_page(clerk, estate, name, content):
    answer = upload(clerk, estate, content, name)
    assert answer.status_code == 400
    assert 'href="#id_file"' in text(answer)
    assert not RollImport.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(clerk, estate, settings):
    settings.UPLOAD_MAX_BYTES = 100
    answer = upload(clerk, estate, b"x" * 101, "a.csv")
    assert answer.status_code == 400
    assert "请分成几个文件" in text(answer)


def test_findings_are_explained_several_at_once_and_never_without_a_reason(clerk, estate):
    both = line(
        室号="201",
        权利人="张三、李四",
        证件号码=f"{number(8)}、{number(9)}",
        共有情况="共同共有",
    )
    upload(clerk, estate, as_xlsx([line(), line(室号="102"), both]))
    clerk.post(page_of(estate, "confirm"), seen())
    url = reverse("roll:findings", args=[estate.code])
    chosen = [finding.pk for finding in open_findings(estate.pk)]
    assert len(chosen) == 2
    for nothing in (" ", "x", " 三个字 "):
        wrong = clerk.post(url, {"finding": chosen, "reason": nothing})
        assert wrong.status_code == 400
        assert text(wrong).count("checked") == 2
    assert "请写明理由，至少四个字" in text(wrong)
    assert clerk.post(url, {"finding": chosen, "reason": "核对过登记簿"}).status_code == 302
    page = text(clerk.get(url))
    assert "没有要处理的问题" in page
    assert "核对过登记簿" in page


def test_a_room_is_put_right_on_its_page(clerk, second, estate):
    both = f"{number(8)}、{number(9)}"
    upload(
        clerk,
        estate,
        as_xlsx([line(权利人="张三、李四", 证件号码=both, 共有情况="共同共有", **{AREA: ""})]),
    )
    clerk.post(page_of(estate, "confirm"), seen())
    unit = Unit.objects.get()

    def at(name):
        return reverse(f"roll:{name}", args=[estate.code, unit.pk])

    page = text(clerk.get(at("unit")))
    assert "没有面积" in page
    assert number(8) not in page
    wrong = clerk.post(at("area"), {"area": "89.50+12.30", "source": "register"})
    assert wrong.status_code == 400
    assert "89.50+12.30" in text(wrong)
    clerk.post(at("area"), {"area": "101.80", "source": "register"})
    owner = Ownership.objects.order_by("pk").first().owner_id
    clerk.post(at("voter"), {"owner": owner})
    assert "2条更正等另一个人确认" in text(clerk.get(at("unit")))
    confirmed_by(second, estate)
    assert open_findings(estate.pk) == []
    wrong = clerk.post(
        at("transfer"), {"owners": "赵六、孙七", "numbers": number(3), "basis": "register"}
    )
    assert wrong.status_code == 400
    assert "个数" in text(wrong)
    nobody = clerk.post(at("transfer"), {"owners": "", "numbers": number(3)})
    assert nobody.status_code == 400
    clerk.post(
        at("transfer"),
        {
            "owners": "赵六",
            "numbers": number(3),
            "basis": "register",
            "on": str(timezone.localdate()),
        },
    )
    confirmed_by(second, estate)
    assert [owner.name for owner in current_titles(estate.pk)[0].owners] == ["赵六"]


def test_the_verification_list_goes_out_and_comes_back(clerk, estate):
    upload(clerk, estate, as_xlsx([line(证件号码="")]))
    clerk.post(page_of(estate, "confirm"), seen())
    answer = clerk.post(
        reverse("roll:verification_list", args=[estate.code]), {"who": "missing"}
    )
    table = read_table(answer.content, "list.xlsx")
    rows = [(*row.cells[:-1], "大概") for row in table.rows]
    url = reverse("roll:verification", args=[estate.code])
    wrong = clerk.post(url, _named(rows, table))
    assert wrong.status_code == 400
    assert "只能填 一致 或 不一致" in text(wrong)
    rows = [(*row.cells[:-1], "一致") for row in table.rows]
    assert clerk.post(url, _named(rows, table)).status_code == 302
    assert open_findings(estate.pk) == []


def _named(rows, table):
    return {"file": SimpleUploadedFile("list.csv", as_csv(rows, table.header))}


def test_staff_of_the_manager_come_and_go(clerk, estate):
    upload(clerk, estate, as_xlsx([line()]))
    clerk.post(page_of(estate, "confirm"), seen())
    url = reverse("roll:manager", args=[estate.code])
    clerk.post(url, {"name": "王五", "phone": ""})
    assert [one.kind for one in open_findings(estate.pk)] == ["staff_name"]
    member = estate.property_manager_staff.get()
    clerk.post(reverse("roll:manager_remove", args=[estate.code, member.pk]))
    assert open_findings(estate.pk) == []


def test_an_import_of_another_estate_is_not_found(clerk, estate):
    other = make_estate("别的")
    user = make_user("other clerk")
    grant(user, "organiser", other)
    stranger = Client()
    stranger.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    upload(clerk, estate, as_xlsx([line()]))
    pk = RollImport.objects.get().pk
    for name in ("preview", "columns", "faults"):
        assert stranger.get(page_of(other, name, pk)).status_code == 404
    for name in ("confirm", "drop", "undo", "correct"):
        assert stranger.post(page_of(other, name, pk)).status_code == 404
    assert RollImport.objects.get().state == "previewed"


def test_the_preview_says_what_becomes_of_phones(clerk, second, estate):
    """One number changes, one owner gets the first, one stays; the rooms stay 不变."""
    rows = [
        line(联系电话="10000000051"),
        line(室号="102", 权利人="李四", 证件号码=number(2)),
        line(室号="103", 权利人="孙七", 证件号码=number(3), 联系电话="10000000053"),
    ]
    imported(estate, rows)
    upload(clerk, estate, as_xlsx(rows))
    assert "手机号" not in text(clerk.get(page_of(estate)))
    clerk.post(page_of(estate, "drop"))

    told = [
        line(联系电话="10000000061"),
        line(室号="102", 权利人="李四", 证件号码=number(2), 联系电话="10000000062"),
        rows[2],
        line(室号="104", 权利人="周八", 证件号码=number(4), 联系电话="10000000064"),
    ]
    upload(clerk, estate, as_xlsx(told))
    shown = text(clerk.get(page_of(estate)))
    assert "1位业主的手机号要换：另一个人确认以后告诉原来的号码，过24小时生效" in shown
    assert "1位业主第一次有手机号" in shown  # 周八 is new: nobody's number changes
    assert "只有手机号变的房屋，上面算在“不变”里" in shown
    assert "10000000061" not in shown
    kept = RollImport.objects.latest("pk")
    assert (kept.summary["unchanged"], kept.summary["changed"], kept.summary["new"]) == (
        3,
        0,
        1,
    )

    done = second.post(page_of(estate, "confirm"), seen(), follow=True)
    assert "2个新手机号还没有生效：还要在“换手机号”里核对确认，过24小时生效" in text(done)


def test_first_document_numbers_wait_and_the_pages_say_so(clerk, second, estate):
    imported(estate, [line(证件号码="")])
    upload(clerk, estate, as_xlsx([line()]))
    assert "1位业主第一次有证件号码" in text(clerk.get(page_of(estate)))
    done = second.post(page_of(estate, "confirm"), seen(), follow=True)
    assert "1位业主的证件号码还要在“核对证件号码”里对照材料确认" in text(done)
    home = reverse("roll:home", args=[estate.code])
    assert "公告以前没有确认的，这次表决不能用它核对身份" in text(clerk.get(home))
    NumberCheck.objects.all().delete()
    assert "公告以前没有确认的" not in text(clerk.get(home))


def test_first_numbers_wait_for_a_second_person_and_the_pages_say_so(clerk, second, estate):
    imported(estate, [line(联系电话="")])
    upload(clerk, estate, as_xlsx([line(联系电话="10000000061")]))
    shown = text(clerk.get(page_of(estate)))
    assert "1位业主第一次有手机号：另一个人确认以后，过24小时生效" in shown
    assert "手机号要换" not in shown
    done = second.post(page_of(estate, "confirm"), seen(), follow=True)
    assert "1个新手机号还没有生效" in text(done)


def test_the_first_owners_of_a_unit_come_with_their_numbers(clerk, estate):
    upload(clerk, estate, as_xlsx([line(联系电话="10000000061")]))
    assert "第一次有手机号" not in text(clerk.get(page_of(estate)))
    assert "还没有生效" not in text(clerk.post(page_of(estate, "confirm"), seen(), follow=True))


def test_an_owner_of_several_rooms_is_one_owner_with_a_phone(clerk, estate):
    rows = lambda phone: [line(联系电话=phone), line(室号="102", 联系电话=phone)]  # noqa: E731
    imported(estate, rows("10000000051"))
    upload(clerk, estate, as_xlsx(rows("10000000061")))
    assert "1位业主的手机号要换" in text(clerk.get(page_of(estate)))
