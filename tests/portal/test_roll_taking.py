"""The roll taken away: masked, or in full with a reason that every owner on it reads."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from core.errors import RuleViolation
from core.tables import read_table
from logbook.models import Entry
from portal.own.seen import seen_of
from portal.roll_taking import HEADER, take_roll
from registry.models import Estate, Owner
from registry.services.imports import confirm_import, preview_import
from registry.services.showing import REASONS
from tests.registry.rolls import AT, as_csv, line, make_estate, number
from tests.town import grant, make_user

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
PHONE = "10000000001"
ROWS = [
    line(不动产单元号="340802001001GB00001F00000001", 权利人="王五、赵六",
         证件号码=f"{number(1)}、{number(2)}", 联系电话=f"{PHONE}、10000000002",
         共有情况="1/2、1/2"),
    line(室号="102", 权利人="=1+1有限公司", 证件种类="营业执照", 证件号码="", 规划用途="商业"),
    line(室号="103", 权利人="", 证件号码="", 状态="未售"),
    line(室号="104", 权利人="钱七", 证件号码=number(4), 取得方式="继承"),
]  # fmt: skip


@pytest.fixture
def estate() -> Estate:
    made = make_estate()
    kept = preview_import(
        estate_id=made.pk, file_name="a.csv", content=as_csv(ROWS), mapping=None,
        actor="user:1", at=AT,
    )  # fmt: skip
    confirm_import(import_id=kept.pk, actor="user:1", at=AT)
    return made


def taken(estate: Estate, reason: str = "") -> bytes:
    return take_roll(estate_id=estate.pk, reason=reason, actor="user:1", at=AT).content


def cells(content: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [[str(cell or "") for cell in row] for row in sheet.values]


def said(content: bytes) -> str:
    return "\n".join(cell for row in cells(content) for cell in row)


def test_masked_it_says_of_nobody_who_they_are(estate: Estate) -> None:
    rows = cells(taken(estate))
    assert tuple(rows[0]) == HEADER
    assert [row[5] for row in rows[1:]] == ["101", "", "102", "103", "104"]
    assert [row[10] for row in rows[1:]] == ["王**", "赵**", "=**", "", "钱**"]
    whole = said(taken(estate))
    for hidden in ("王五", number(1), PHONE, "有限公司"):
        assert hidden not in whole
    assert f"****{number(1)[-4:]}" in whole


def test_in_full_for_a_reason_and_read_again_it_changes_nothing(estate: Estate) -> None:
    """What is handed back is what was given: our own import finds nothing to do."""
    content = taken(estate, "handing")
    for told in ("王五", "赵六", number(1), PHONE, "2026-10-01"):
        assert told in said(content)
    again = preview_import(
        estate_id=estate.pk, file_name="roll.xlsx", content=content, mapping=None,
        actor="user:1", at=AT,
    )  # fmt: skip
    counted = {one: again.summary[one] for one in ("new", "changed", "gone", "owners_changed")}
    assert counted == {"new": 0, "changed": 0, "gone": 0, "owners_changed": 0}
    assert (again.summary["unchanged"], again.summary["faults"]) == (4, 0)


def test_another_system_is_given_the_same(estate: Estate) -> None:
    content = taken(estate, "handing")
    other = make_estate("新平台的小区")
    kept = preview_import(
        estate_id=other.pk, file_name="roll.xlsx", content=content, mapping=None,
        actor="user:1", at=AT,
    )  # fmt: skip
    confirm_import(import_id=kept.pk, actor="user:1", at=AT)

    def roll(of: Estate) -> list[Any]:
        return sorted(
            (one.name, one.document_number, one.phone, title.unit.label, title.unit.area,
             title.unit.use, title.share_text, title.basis, title.valid_from)
            for one in Owner.objects.filter(estate=of)
            for title in one.ownerships.select_related("unit")
        )  # fmt: skip

    assert roll(other) == roll(estate)


def test_what_people_typed_stays_text(estate: Estate) -> None:
    book = openpyxl.load_workbook(io.BytesIO(taken(estate, "handing")))
    cell = next(one for row in book.active.rows for one in row if one.value == "=1+1有限公司")
    assert cell.data_type == "s"
    assert cell.quotePrefix
    assert read_table(taken(estate, "handing"), "a.xlsx").header == HEADER


@pytest.mark.parametrize("reason", ["", "handing"])
def test_every_owner_reads_who_took_it_in_full(estate: Estate, reason: str) -> None:
    taken(estate, reason)
    for owner in Owner.objects.filter(estate=estate):
        acts = [(str(one.what), str(one.reason)) for one in seen_of(owner, at=AT)]
        full = ("下载完整的名册", "委托处理终止，交还名册")
        assert (full in acts) == bool(reason)
    kind = "roll-taken" if reason else "roll-taken-masked"
    told = bytes(Entry.objects.get(kind=kind).line).decode()
    assert '"all":4' in told
    assert "王五" not in told


def test_without_a_known_reason_or_a_roll_nothing_leaves(estate: Estate) -> None:
    with pytest.raises(RuleViolation) as refused:
        taken(estate, "curious")
    assert refused.value.code == "showing.reason"
    with pytest.raises(RuleViolation) as refused:
        taken(make_estate("空的"), "handing")
    assert refused.value.code == "taking.empty"
    assert not Entry.objects.filter(kind__startswith="roll-taken").exists()


def test_through_the_page(estate: Estate, client: Any) -> None:
    organiser = make_user("organiser")
    grant(organiser, "organiser", estate)
    client.force_login(organiser, backend=BACKEND)
    page = reverse("roll:take", args=[estate.code])
    assert page in client.get(reverse("roll:home", args=[estate.code])).content.decode()
    shown = client.get(page).content.decode()
    for words in REASONS.values():
        assert str(words) in shown
    assert client.post(page, {"reason": "curious"}).status_code == 400
    hidden, full = client.post(page, {"reason": ""}), client.post(page, {"reason": "contact"})
    assert hidden.headers["Content-Disposition"].endswith('-masked.xlsx"')
    assert "no-store" in full.headers["Cache-Control"]
    assert PHONE not in said(hidden.content)
    assert PHONE in said(full.content)
    assert Entry.objects.filter(kind="roll-taken").count() == 1
    assert timezone.now() > Entry.objects.get(kind="roll-taken").recorded_at
