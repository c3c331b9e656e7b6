"""What the manager discloses: every reason at once, a paper that verifies, versions."""

import io
import json
from datetime import timedelta

import pypdf
import pytest

from core.errors import RuleViolation
from disclosures.models import Disclosure
from disclosures.services.disclosing import Complaints, Service, disclose
from disclosures.steps import By
from documents import keys
from documents.disclosures import DISCLOSURE_NAME
from documents.models import Document
from documents.verification import check_offline
from logbook.models import Entry as LogEntry
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    MANAGER,
    OWNER,
    STREET,
    accounts_estate,
    can_sign,
    voucher,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]
SERVICE = Service(
    "物业费：每月每平方米1.20元\n停车服务费：每月60元",
    "公共区域保洁、绿化、秩序维护",
    "三级服务标准",
)
PHONES = Complaints(
    "0556-5550101", "每天 8:00—20:00", "1幢架空层", "0556-5550102", "0556-12345"
)


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def estate():
    return accounts_estate()


def put(estate, said=SERVICE, *, file=None, by=MANAGER, at=AT, manager="样例物业有限公司"):
    return disclose(estate_id=estate.pk, manager=manager, said=said, file=file, by=by, at=at)


def words(document):
    pdf = pypdf.PdfReader(io.BytesIO(bytes(document.pdf)))
    return "".join("".join(page.extract_text().split()) for page in pdf.pages)


def test_the_paper_says_it_all_and_verifies(estate):
    made = put(estate)
    document = Document.objects.get(pk=made.document_id)
    said = words(document)
    for part in (
        "服务价格",
        "每月每平方米1.20元",
        "停车服务费",
        "三级服务标准",
        document.number,
    ):
        assert part in said, part
    trusted = [keys.identity().certificate]
    assert check_offline(bytes(document.pdf), trust_roots=trusted).status == "genuine"
    data = json.loads(bytes(document.facts))
    assert data["valid_until"] == "2027-10-12"
    assert [part["title"] for part in data["parts"]] == ["服务价格", "服务内容", "服务标准"]
    pdf = pypdf.PdfReader(io.BytesIO(bytes(document.pdf)))
    assert pdf.attachments[DISCLOSURE_NAME] == [bytes(document.facts)]


def test_ways_to_complain_are_a_table(estate):
    made = put(estate, PHONES)
    data = json.loads(bytes(Document.objects.get(pk=made.document_id).facts))
    assert [(row["label"], row["value"]) for row in data["rows"]] == [
        ("物业投诉电话", "0556-5550101"),
        ("受理时间", "每天 8:00—20:00"),
        ("受理地点", "1幢架空层"),
        ("街道办事处电话", "0556-5550102"),
        ("住建部门电话", "0556-12345"),
    ]
    assert "0556-5550102" in words(made.document)
    assert "街道办事处电话：0556-5550102" in made.text


def test_a_new_version_supersedes_the_last(estate):
    first = put(estate)
    again = put(
        estate, SERVICE._replace(prices="物业费：每月每平方米1.10元"), at=AT + timedelta(1)
    )
    old = Document.objects.get(pk=first.document_id)
    assert (old.status, old.superseded_by) == ("superseded", again.document)
    assert again.version == 2
    assert json.loads(bytes(again.document.facts))["replaces"] == old.number
    assert put(estate, PHONES).version == 1  # of another kind


def test_the_same_again_on_one_day_is_the_same(estate):
    assert put(estate) == put(estate, at=AT + timedelta(minutes=1))
    assert Disclosure.objects.count() == 1
    # Renewed a year later, it is a new version though its words are the same.
    assert put(estate, at=AT + timedelta(days=365)).version == 2


def test_a_file_becomes_pages_that_somebody_has_to_look_at(estate):
    made = put(estate, file=voucher("price list"))
    assert made.paper.kind == "disclosure"
    assert made.paper.looked_at is None
    assert made.paper.pages.count() == 1
    file = json.loads(bytes(made.document.facts))["file"]
    assert file == {
        "name": made.paper.name, "sha256": made.paper.source_sha256, "pages": 1,
    }  # fmt: skip


def test_the_committee_discloses_in_its_own_name(estate):
    said = words(put(estate, by=COMMITTEE).document)
    assert "样例花园业主委员会" in said
    assert "样例物业有限公司" in said


@pytest.mark.parametrize("by", [STREET, OWNER, By("user:1", "bureau")])
def test_who_may_not(estate, by):
    with pytest.raises(RuleViolation) as refused:
        put(estate, by=by)
    assert refused.value.code == "accounts.role"


BAD = [
    (SERVICE._replace(prices=""), {"prices"}),
    (SERVICE._replace(content="无", standard=" "), {"content", "standard"}),
    (SERVICE._replace(prices="找王某，手机13900000000"), {"prices"}),
    (SERVICE._replace(standard="标" * 3001), {"standard"}),
    (PHONES._replace(phone="打电话", street_phone=""), {"phone", "street_phone"}),
    (PHONES._replace(bureau_phone="0556-5550101、0556-5550102"), {"bureau_phone"}),
    (PHONES._replace(hours=""), {"hours"}),
]


@pytest.mark.parametrize(("said", "fields"), BAD)
def test_every_reason_at_once_beside_its_field(estate, said, fields):
    with pytest.raises(RuleViolation) as refused:
        put(estate, said, manager="")
    reasons = refused.value.facts["reasons"]
    assert {reason.field for reason in reasons} == fields | {"manager"}
    assert not Document.objects.exists()


def test_a_place_of_complaint_may_be_missing(estate):
    assert "受理地点" not in put(estate, PHONES._replace(place="")).text


def test_the_log_has_its_hash_and_no_words(estate):
    made = put(estate)
    body = bytes(LogEntry.objects.order_by("pk").last().line).decode()
    assert made.document.sha256 in body
    assert "物业费" not in body
