"""Sources, questions, disclosures and the late list through HTTP."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.deadlines import start_of
from disclosures.domain.periods import before, period_of
from disclosures.models import (
    Closing,
    Contract,
    Disclosure,
    Enrolment,
    Question,
    Source,
    SourceReport,
)
from disclosures.services.duties import open_duties
from disclosures.services.questions import ask
from disclosures.services.sources import Said, report_source
from portal.selectors import worklist_for
from tests.disclosures.accounts import (
    OWNER,
    accounts_estate,
    booked,
    can_sign,
    entered,
    open_books,
    published,
    voucher,
)
from tests.portal.test_accounts_pages import page, post, upload

pytestmark = pytest.mark.django_db(transaction=True)
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path, erasable):
    can_sign(settings, tmp_path)


@pytest.fixture
def desk(town):
    accounts_estate(town.here.estate)

    def sign_in(name):
        client = Client()
        client.force_login(town.person(name), backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def code(town):
    return town.here.estate.code


# --- sources -------------------------------------------------------------------------------


def test_a_source_with_its_contract_from_the_register_to_its_end(desk, town, code):
    client = desk("organiser")
    at = f"/staff/sources/estates/{code}/"
    assert "登记册是空的" in page(client, at)
    post(client, f"{at}new", {"kind": "lift_ad", "place": "1幢电梯", "quantity": "2个"})
    source = Source.objects.get()
    deal = {
        "number": "〔2026〕1号", "payer": "样例文化传媒有限公司", "payer_kind": "organisation",
        "outsider": "on", "fen": "6,000.00", "priced": "month", "first": "2026-01-01",
        "last": "2026-12-31",
    }  # fmt: skip
    address = f"/staff/sources/{source.pk}/contracts/new"
    refused = post(client, address, deal, status=400).content.decode()
    assert "请上传合同" in refused
    assert 'value="〔2026〕1号"' in refused
    post(client, address, deal | {"paper": upload()})
    contract = Contract.objects.get()
    assert (contract.fen, contract.outsider) == (600_000, True)
    shown = page(client, f"/staff/sources/{source.pk}/")
    assert "6,000.00" in shown
    assert f"/staff/accounts/papers/{contract.paper_id}/" in shown
    # While it runs, the source does not end; nor does it without a reason.
    today = str(timezone.localdate())
    end = {"last": today, "reason": "广告框已拆除"}
    at_end = f"/staff/sources/{source.pk}/end"
    assert "还有没到期的合同" in post(client, at_end, end, status=400).content.decode()
    over = f"/staff/sources/contracts/{contract.pk}/end"
    assert "至少4个字" in post(client, over, end | {"reason": ""}, status=400).content.decode()
    post(client, over, end)
    post(client, at_end, end)
    assert "已经终止的" in page(client, at)


def test_planned_parking_is_offered_to_be_refused_with_its_reason(desk, code):
    client = desk("property_manager")
    at = f"/staff/sources/estates/{code}/new"
    assert "规划用于停车的车位" in page(client, at)
    refused = post(client, at, {"kind": "planned_parking", "place": "地下车库"}, status=400)
    assert "民法典第275条第1款" in refused.content.decode()
    assert not Source.objects.exists()


def test_bays_are_let_to_outsiders_no_longer_than_the_place_allows(desk, town, code):
    accounts_estate(town.here.estate, **{"revenue.outside_parking_months": 6})
    client = desk("organiser")
    post(client, f"/staff/sources/estates/{code}/new", {"kind": "parking", "place": "北侧道路"})
    address = f"/staff/sources/{Source.objects.get().pk}/contracts/new"
    assert "每次租期不得超过6个月" in page(client, address)
    deal = {
        "payer": "租户", "payer_kind": "persons", "outsider": "on", "fen": "300",
        "priced": "month", "first": "2026-01-01", "last": "2026-07-01",
    }  # fmt: skip
    refused = post(client, address, deal | {"paper": upload()}, status=400)
    assert "不得超过6个月" in refused.content.decode()
    post(client, address, deal | {"last": "2026-06-30", "paper": upload()})


# --- answers -------------------------------------------------------------------------------


@pytest.fixture
def asked(town):
    """The quarter that ended last is out, and an owner asks about its only line."""
    estate = accounts_estate(town.here.estate)
    last = before("quarterly", period_of("quarterly", timezone.localdate()))
    book = open_books(estate, since=last.first)
    booked(book, "advertising", 1_800_000, on=last.first)
    out = published(book, last.first, at=timezone.now())
    return ask(
        publication_id=out.pk,
        kind="wrong",
        line=1,
        said=Said("1幢王某某说广告费少记了", None, "q"),
        by=OWNER,
        at=timezone.now(),
    )


def another(asked: Question, **changes: object) -> Question:
    """One more like it, but for this: once filed, the database changes nothing of one."""
    made = Question.objects.get(pk=asked.pk)
    made.pk, made.number, made.submission = None, asked.number + 1, "another"
    for name, value in changes.items():
        setattr(made, name, value)
    made.save(force_insert=True)
    return made


def test_a_question_is_answered_with_the_words_covered_as_it_was_shown(desk, code, asked):
    client = desk("organiser")
    shown = page(client, f"/staff/watching/estates/{code}/questions/")
    assert "广告费少记了" in shown
    at = f"/staff/watching/questions/{asked.pk}/"
    shown = page(client, at)
    first = asked.publication.period.first
    public = f"/e/{code}/accounts/revenue/{first}/lines/1/"
    assert public in shown
    assert "18,000.00" in shown
    assert Client().get(public).status_code == 200
    given = {"covered": "王某某\n李四\n", "text": "合同是18000元，没有少记", "upheld": "no"}
    looked = post(client, at, given | {"preview": "1"}, status=200).content.decode()
    assert "1幢＊＊＊说广告费少记了" in looked
    assert "原话里没有“李四”" in looked
    assert "没有少记" in looked
    asked.refresh_from_db()
    assert asked.state == "open"
    post(client, at, given)
    asked.refresh_from_db()
    assert (asked.state, asked.text) == ("answered", "1幢王某某说广告费少记了")
    seen = Client().get(public).content.decode()
    assert "1幢＊＊＊说广告费少记了" in seen
    assert "王某某" not in seen


def test_an_answer_without_words_is_refused_and_upheld_is_said(desk, asked):
    client, at = desk("residents_committee"), f"/staff/watching/questions/{asked.pk}/"
    assert "请填写答复" in post(client, at, {"text": ""}, status=400).content.decode()
    post(client, at, {"text": "对，少记了一笔，马上更正", "upheld": "yes"})
    asked.refresh_from_db()
    assert asked.state == "upheld"
    assert "业主说得对" in page(client, at)


def test_a_plain_question_is_not_right_or_wrong(desk, asked):
    """Whoever answered one had to say that the accounts were right."""
    plain = another(asked, kind="question")
    client, at = desk("organiser"), f"/staff/watching/questions/{plain.pk}/"
    shown = page(client, at)
    assert "业主说得对不对" not in shown
    assert "账没有错" not in shown
    post(client, at, {"text": "合同在登记册里", "upheld": "yes"})
    plain.refresh_from_db()
    assert plain.state == "answered"


def test_not_everything_is_covered_and_how_much_is_said(desk, code, asked):
    client, at = desk("organiser"), f"/staff/watching/questions/{asked.pk}/"
    given = {"text": "合同是18000元，没有少记", "upheld": "no"}
    refused = post(client, at, given | {"covered": asked.text}, status=400).content.decode()
    assert "不能把原话全部遮盖" in refused
    post(client, at, given | {"covered": "王某某\n1幢"})
    public = f"/e/{code}/accounts/revenue/{asked.publication.period.first}/"
    for seen in (Client().get(public).content.decode(), page(client, at)):
        assert "答复时遮盖了5个字（业主委员会）" in seen
        assert "答复晚了" not in seen


def test_a_phone_an_owner_wrote_is_proposed_to_be_covered_and_never_public(desk, code, asked):
    """Nobody who answers in a hurry publishes it by leaving the field empty."""
    one = another(asked, text="少记了，请打13900001234问我")
    client, at = desk("organiser"), f"/staff/watching/questions/{one.pk}/"
    assert ">\n13900001234</textarea>" in page(client, at)
    given = {"text": "合同是18000元，没有少记", "upheld": "no"}
    refused = post(client, at, given | {"covered": ""}, status=400).content.decode()
    assert "像手机号、身份证号、银行账号的号码也要遮盖" in refused
    post(client, at, given | {"covered": "13900001234"})
    public = f"/e/{code}/accounts/revenue/{asked.publication.period.first}/questions/"
    seen = Client().get(public).content.decode()
    assert "请打＊＊＊＊＊＊＊＊＊＊＊问我" in seen
    assert "13900001234" not in seen


def test_an_answer_that_is_late_says_so(desk, code, asked):
    """By days after the last day on which it was in time."""
    late_by = start_of(timezone.localdate() - timedelta(days=19))  # the last day: 20 ago
    late = another(asked, due_at=late_by)
    client, at = desk("organiser"), f"/staff/watching/questions/{late.pk}/"
    post(client, at, {"text": "合同是18000元，没有少记"})
    public = f"/e/{code}/accounts/revenue/{asked.publication.period.first}/"
    for seen in (Client().get(public).content.decode(), page(client, at)):
        assert "答复晚了20天" in seen


def test_mended_is_one_word_for_owners_and_staff(desk, code, asked):
    """Owners read that it was mended while staff read that it would be."""
    client, at = desk("organiser"), f"/staff/watching/questions/{asked.pk}/"
    post(client, at, {"text": "对，少记了一笔，马上更正", "upheld": "yes"})
    period = asked.publication.period
    public = f"/e/{code}/accounts/revenue/{period.first}/"
    rows = f"/staff/watching/estates/{code}/questions/"

    def said():
        return [page(client, at), page(client, rows), Client().get(public).content.decode()]

    assert all("业主说得对，将更正" in one for one in said())
    booked(period.book, "advertising", 50_00, on=period.first, at=timezone.now())
    published(period.book, period.first, correction="补记漏掉的一笔", at=timezone.now())
    assert all("业主说得对，已更正" in one and "将更正" not in one for one in said())


def test_the_manager_reads_and_does_not_answer(desk, asked):
    client, at = desk("property_manager"), f"/staff/watching/questions/{asked.pk}/"
    assert "由业主委员会或者居民委员会答复" in page(client, at)
    assert client.post(at, {"text": "没有少记，请放心"}).status_code == 404


def test_a_question_is_taken_down_for_whoever_calls_once(desk, code, asked):
    client, at = desk("organiser"), f"/staff/watching/estates/{code}/questions/new"
    assert "请选择" in post(client, at, {}, status=400).content.decode()
    said = {
        "publication": str(asked.publication_id), "line": "1", "kind": "question",
        "text": "电话问：广告合同到哪天？", "submission": "s1",
    }  # fmt: skip
    wrong = post(client, at, said | {"line": "9"}, status=400).content.decode()
    assert "没有这一笔" in wrong
    post(client, at, said)
    post(client, at, said)
    one = Question.objects.get(number=2)
    assert one.filed_by.startswith("user:")
    assert "代为登记" in page(client, f"/staff/watching/questions/{one.pk}/")


def test_a_missing_source_is_answered_and_put_on_the_register(desk, town, code):
    accounts_estate(town.here.estate)
    made = report_source(
        estate_id=town.here.estate.pk,
        place="北门岗亭旁",
        said=Said("有一块广告牌，找张三收的钱", None, "r"),
        photo=voucher(),
        by=OWNER,
        at=timezone.now(),
    )
    client, at = desk("organiser"), f"/staff/sources/reports/{made.pk}/"
    shown = page(client, at)
    assert "看过才公开" in shown
    assert f"/staff/accounts/papers/{made.photo_id}/" in shown
    given = {"kind": "planned_parking", "answer": "已经补登，谢谢", "covered": "张三"}
    assert "第275条" in post(client, at, given, status=400).content.decode()
    given["kind"] = "outdoor_ad"
    assert (
        "找＊＊收的钱"
        in post(client, at, given | {"preview": "1"}, status=200).content.decode()
    )
    post(client, at, given)
    made = SourceReport.objects.get()
    assert (made.state, made.source.place) == ("added", "北门岗亭旁")
    public = Client().get(f"/e/{code}/sources/").content.decode()
    assert "找＊＊收的钱" in public
    assert "张三" not in public


def test_a_phone_in_a_reported_place_is_covered_before_it_is_public(desk, town, code):
    accounts_estate(town.here.estate)
    made = report_source(
        estate_id=town.here.estate.pk,
        place="南门柜子，问 13900001234",
        said=Said("有一组柜子", None, "r"),
        photo=None,
        by=OWNER,
        at=timezone.now(),
    )
    client, at = desk("organiser"), f"/staff/sources/reports/{made.pk}/"
    assert ">\n13900001234</textarea>" in page(client, at)
    for kind in ("", "locker"):
        given = {"kind": kind, "answer": "已经补登，谢谢", "covered": ""}
        refused = post(client, at, given, status=400).content.decode()
        assert "的号码也要遮盖" in refused
    post(client, at, given | {"covered": "13900001234"})
    assert "13900001234" not in Client().get(f"/e/{code}/sources/").content.decode()
    assert SourceReport.objects.get().source.place == "南门柜子，问 ＊＊＊＊＊＊＊＊＊＊＊"


# --- disclosures ---------------------------------------------------------------------------


def test_an_update_begins_with_what_is_in_force(desk, code):
    """The prices, twelve lines of them, had to be typed anew."""
    client, at = desk("property_manager"), f"/staff/watching/estates/{code}/disclosures/"
    given = {
        "manager": "样例物业有限公司", "prices": "物业费：1.80元\n车位：80元",
        "content": "保洁、保安、绿化", "standard": "每天清扫两次", "file": upload(),
    }  # fmt: skip
    post(client, f"{at}new/service", given)
    form = page(client, f"{at}new/service")
    for text in ("物业费：1.80元\n车位：80元", "保洁、保安、绿化", "每天清扫两次"):
        assert f">\n{text}</textarea>" in form
    assert "上一版有附件" in form
    phones = {"phone": "0556-5550101", "street_phone": "0556-5550102", "bureau_phone": "12345"}
    given = {"manager": "样例物业有限公司", "hours": "每天 8:00—20:00", **phones}
    post(client, f"{at}new/complaints", given)
    form = page(client, f"{at}new/complaints")
    for text in (*phones.values(), "每天 8:00—20:00"):
        assert f'value="{text}"' in form
    assert "上一版有附件" not in form


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "这个文件是空的（0字节）"), (b"\xff\xd8\xff" + b"0" * 99, "打不开")],
)
def test_a_file_is_told_about_at_its_field(desk, code, content, words):
    """It stood above the form without saying which file."""
    bad = SimpleUploadedFile("a.jpg", content)
    given = {
        "manager": "样例物业有限公司", "prices": "物业费：1.80元", "content": "保洁、保安",
        "standard": "每天清扫两次", "file": bad,
    }  # fmt: skip
    new = f"/staff/watching/estates/{code}/disclosures/new/service"
    told = post(desk("property_manager"), new, given, status=400).content.decode()
    assert re.search(rf'href="#id_file">附件：[^<]*{words}', told)


def test_the_manager_discloses_and_everybody_can_verify_it(desk, code):
    client, at = desk("property_manager"), f"/staff/watching/estates/{code}/disclosures/"
    assert page(client, at).count("还没有公开") == 2
    new = f"{at}new/complaints"
    refused = post(client, new, {"phone": "没有"}, status=400).content.decode()
    for said in ("请填写物业服务企业的名称", "请填写受理时间", "电话请写数字"):
        assert said in refused
    post(
        client,
        new,
        {
            "manager": "样例物业有限公司", "phone": "0556-5550101", "hours": "每天 8:00—20:00",
            "street_phone": "0556-5550102", "bureau_phone": "12345",
        },
    )  # fmt: skip
    made = Disclosure.objects.select_related("document").get()
    assert made.document.number in page(client, at)
    assert Client().get(f"/v/{made.document.code}").status_code == 200
    assert "0556-5550102" in Client().get(f"/e/{code}/accounts/").content.decode()
    assert 'value="样例物业有限公司"' in page(client, new)
    assert client.get(f"{at}new/revenue").status_code == 404


def test_a_file_is_shown_once_somebody_has_looked_at_it(desk, code):
    client = desk("property_manager")
    post(
        client,
        f"/staff/watching/estates/{code}/disclosures/new/service",
        {
            "manager": "样例物业有限公司", "prices": "每月每平方米1.20元",
            "content": "保洁绿化秩序", "standard": "三级服务标准", "file": upload(),
        },
    )  # fmt: skip
    made = Disclosure.objects.get()
    picture = f"/e/{code}/accounts/papers/{made.paper.pages.get().pk}.jpg"
    home = f"/e/{code}/accounts/"
    assert picture not in page(Client(), home)
    assert Client().get(picture).status_code == 404
    post(client, f"/staff/accounts/papers/{made.paper_id}/looked", {})
    assert picture in page(Client(), home)
    assert Client().get(picture).headers["Content-Type"] == "image/jpeg"


# --- what is late --------------------------------------------------------------------------


def test_what_nobody_answered_stands_beside_what_nobody_published(desk, code, asked):
    """An overdue question was nowhere to be seen for whoever watches."""
    client, at = desk("bureau"), "/staff/watching/"
    assert "件提问、线索逾期没有答复" not in page(client, at)
    late_by = start_of(timezone.localdate() - timedelta(days=2))  # the last day: 3 ago
    another(asked, due_at=late_by)
    SourceReport.objects.create(
        estate=asked.estate, number=1, place="北门", text="一块广告牌", submission="r",
        filed_by="owner", filed_at=asked.filed_at, due_at=start_of(timezone.localdate()),
    )  # fmt: skip
    shown = page(client, at)
    assert re.search(r'<a href="\?kind=answers">2</a></b>件提问、线索逾期没有答复', shown)
    shown = page(client, f"{at}?kind=answers")
    [first, second] = re.findall(r"<tr><td>.*?</tr>", shown[shown.index("最久的在前") :])
    assert f"/staff/watching/estates/{code}/questions/" in first
    assert re.search(r"提问1件.*>3</td>", first)
    assert f"/staff/sources/estates/{code}/" in second
    assert re.search(r"线索1件.*>1</td>", second)
    table = client.get(f"{at}late.csv?kind=answers").content.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(table))
    assert [one[3] for one in rows] == ["提问1件没有答复", "线索1件没有答复"]
    assert {len(one) for one in rows} == {len(header)}
    Question.objects.update(state="withdrawn")
    SourceReport.objects.update(state="answered")
    assert "没有逾期的" in page(client, f"{at}?kind=answers")


def test_estates_are_enrolled_and_what_is_late_is_listed_and_taken_away(desk, town):
    client, at = desk("bureau"), "/staff/watching/"
    assert "没有逾期的" in page(client, at)
    assert (
        "请选择小区"
        in post(
            client, f"{at}enrol", {"since": "2026-01-01", "managed": "yes"}, status=400
        ).content.decode()
    )
    town.here.estate.name = "=HYPERLINK(1)"
    town.here.estate.save()
    since = timezone.localdate() - timedelta(days=400)
    given = {"since": str(since), "managed": "yes", "estates": [town.here.estate.pk]}
    post(client, f"{at}enrol", given)
    assert Enrolment.objects.get().since == since
    post(client, f"{at}enrol", given | {"estates": [town.there.estate.pk]}, status=400)
    open_duties(timezone.now())
    shown = page(client, f"{at}?kind=service")
    assert "从来没有" in shown
    assert "物业服务企业" in shown
    table = client.get(f"{at}late.csv?kind=service").content.decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(table))
    assert len(header) == len(row)
    assert row[1] == "'=HYPERLINK(1)"
    assert row[5] == str(since + timedelta(days=30))
    assert int(row[6]) == 370
    assert (row[4], row[8]) == ("", "从来没有")  # it has no period; as the page says
    [revenue, *_more] = list(
        csv.reader(
            io.StringIO(client.get(f"{at}late.csv?kind=revenue").content.decode("utf-8-sig"))
        )
    )[1:]
    assert re.fullmatch(r"[0-9-]{10}/[0-9-]{10}", revenue[4])
    for strange in ("abc", "99999", str(town.city.pk), str(town.there.district.pk)):
        assert client.get(f"{at}?at={strange}").status_code == 404
    assert client.get(f"{at}?at={town.here.street.pk}&page=last").status_code == 200


def test_all_that_are_listed_are_enrolled_at_once(desk, town):
    client = desk("street_office")
    post(
        client,
        "/staff/watching/enrol",
        {"since": "2026-10-01", "managed": "no", "everything": "on"},
    )
    assert Enrolment.objects.get().estate == town.here.estate
    assert not Enrolment.objects.get().has_manager


# --- the worklist --------------------------------------------------------------------------


def test_what_lies_on_whose_desk(desk, town, asked):
    estate = town.here.estate
    book = estate.books.get()
    entered(book, "parking", 100, on=timezone.localdate())
    Enrolment.objects.create(
        estate=estate,
        since=timezone.localdate() - timedelta(days=60),
        enrolled_by="user:1",
        enrolled_at=timezone.now(),
    )
    open_duties(timezone.now())

    def of(name):
        tasks = worklist_for(town.person(name), timezone.now())
        return {task.url: task.what for task in tasks if task.mine}

    entries, questions = (
        f"/staff/accounts/books/{book.pk}/",
        f"/staff/watching/estates/{estate.code}/questions/",
    )
    disclosures = f"/staff/watching/estates/{estate.code}/disclosures/"
    organiser = of("organiser")
    assert organiser[entries] == "1笔账等复核"
    closing = Closing.objects.get(state="published")
    assert organiser[f"/staff/accounts/closings/{closing.pk}/"].startswith("收支公告还没有张贴")
    assert organiser[questions] == "业主的提问1件等答复"
    assert disclosures not in organiser
    manager = of("property_manager")
    assert entries not in manager  # nobody reviews what the own body entered
    assert questions not in manager
    assert "逾期没有公布" in manager[disclosures]
    assert not any("accounts" in url for url in of("other organiser"))
    for name in ("organiser", "property_manager", "residents_committee", "street_office"):
        client = desk(name)
        for url in of(name):
            assert client.get(url).status_code == 200, (name, url)


def test_the_menu_leads_whoever_may(desk):
    for name, accounts, watching in (
        ("organiser", True, False),
        ("bureau", True, True),
        ("supervisor", False, False),
    ):
        shown = page(desk(name), "/staff/")
        assert ('href="/staff/accounts/"' in shown) is accounts
        assert ('href="/staff/watching/"' in shown) is watching
