"""The staff pages in English, over HTTP: no Chinese but names, titles and rooms."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import RoleGrant
from registry.models import Estate, PropertyManagerStaff, RollImport, Unit
from registry.services.findings import reexamine_roll
from registry.services.imports import preview_import
from tests.factories import make_owner, make_unit
from tests.locale.garden import (
    PDF,
    chinese_in,
    drafted,
    garden,
    official,
    reader,
    signed_in,
    vote_in,
)
from tests.locale.test_pages import SMITH, cast, entered
from tests.town import make_user
from voting.models import Ballot, Ruling, Session
from voting.protocol.ed25519 import public_key
from voting.protocol.shape import b64
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.freezing import freeze_session
from voting.services.resolutions import issue_resolution
from voting.tasks import sign_checkpoints

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
# How rooms are written on rolls, and words to be typed into spreadsheets.
TYPED = ("1幢2单元301", "3幢2单元501室", "、", "已售未交付", "未售", "不一致", "一致")


@pytest.fixture
def estate() -> Estate:
    return garden()


@pytest.fixture
def organiser(estate: Estate) -> Client:
    return signed_in(official("organiser", estate))


def reads(answer: Any, *statuses: int, data: tuple[str, ...] = ()) -> str:
    assert answer.status_code in (statuses or (200,))
    assert chinese_in(answer, *TYPED, *data) == []
    return str(answer.content.decode())


def test_sign_in_and_second_factor(estate: Estate, organiser: Client) -> None:
    for name in (
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "mfa_index",
        "mfa_reauthenticate",
    ):
        reads(organiser.get(reverse(name), follow=True))
    client = reader()
    for name in ("account_login", "account_request_login_code", "account_inactive"):
        reads(client.get(reverse(name)))


def test_a_draft_from_the_first_field_to_the_announcement(
    estate: Estate, organiser: Client
) -> None:
    reads(organiser.get(reverse("staff:home")))
    reads(organiser.get(reverse("staff:estates")))
    reads(organiser.get(f"{reverse('staff:estates')}?q=nothing"))
    new = reverse("staff:session_new", args=[estate.code])
    reads(organiser.get(new))
    reads(organiser.post(new, {}), 400)
    reads(organiser.post(new, {"title": "x" * 200, "opens_at_0": "x", "notice_on": "y"}), 400)
    session = drafted(estate, opens_in=3 * DAY, lasting=2 * DAY, title="Too soon")
    args = [session.code]
    page = reads(organiser.get(reverse("staff:session", args=args)))
    assert "cannot be dated before today" in page
    assert "Voting must last from 5 to 60 days" in page
    for name in ("session_edit", "motion_new", "announce", "cancel", "keys"):
        reads(organiser.get(reverse(f"staff:{name}", args=args)), 200, 409)
    for name in ("session_edit", "motion_new", "announce", "cancel"):
        reads(organiser.post(reverse(f"staff:{name}", args=args), {}), 400, 409)
    motion = session.motions.first()
    assert motion
    at_motion = [session.code, motion.pk]
    for name in ("motion_edit", "motion_remove"):
        reads(organiser.get(reverse(f"staff:{name}", args=at_motion)))
    reads(organiser.post(reverse("staff:motion_edit", args=at_motion), {"cost": "x"}), 400)
    attach = reverse("staff:attachment_add", args=at_motion)
    for content in (b"", b"text", b"%PDF-" + b"x" * (21 * 1024 * 1024)):
        file = SimpleUploadedFile("plan.pdf", content)
        reads(organiser.post(attach, {"content": file}), 400)
    reads(organiser.post(attach, {"content": SimpleUploadedFile("p.pdf", PDF)}, follow=True))
    ready = drafted(estate, opens_in=20 * DAY + timedelta(hours=1), lasting=10 * DAY)
    reads(organiser.get(reverse("staff:announce", args=[ready.code])))
    reads(organiser.get(reverse("staff:session", args=[ready.code])))


def test_the_keepers_of_the_keys(estate: Estate, organiser: Client) -> None:
    session = drafted(estate, opens_in=20 * DAY, lasting=10 * DAY)
    holders = reverse("staff:key_holders", args=[session.code, 3])
    reads(organiser.get(holders))
    reads(organiser.post(holders, {}), 400)
    typed: dict[str, str] = {}
    for number in (1, 2, 3):
        typed |= {f"name_{number}": f"Keeper {number}", f"belongs_{number}": "company"}
    reads(organiser.post(holders, typed), 200, 302, 400)
    reads(organiser.post(holders, typed | {f"belongs_{n}": "lot" for n in (1, 2, 3)}), 302)
    keys = reverse("staff:keys", args=[session.code])
    reads(organiser.get(keys))
    for name, posted in (
        ("key_upload", {}),
        ("key_upload", {"content": SimpleUploadedFile("x.json", b"{}")}),
        ("key_agree", {}),
    ):
        reads(organiser.post(reverse(f"staff:{name}", args=[session.code]), posted), 400, 409)


def test_an_announced_session_to_its_end(estate: Estate, settings: Any) -> None:
    settings.DEBUG = True  # signed by the development authority
    vote = vote_in(estate)
    session = vote.session
    people = [signed_in(official(role, estate)) for role in ("organiser", "supervisor")]

    def every_page(*data: str) -> None:
        for client in people:
            for name in ("session", "turnout", "missing", "heads", "keys"):
                reads(client.get(reverse(f"staff:{name}", args=[session.code])), data=data)
            reads(client.get(reverse("staff:home")))
            reads(client.get(reverse("staff:estate", args=[estate.code])))

    every_page()
    organiser = people[0]
    reads(organiser.get(reverse("staff:letters", args=[session.code])))
    reads(organiser.get(f"{reverse('staff:letters', args=[session.code])}?q=Flat"))
    reissue = reverse("staff:reissue", args=[session.code, 1])
    reads(organiser.get(reissue))
    reads(organiser.post(reissue, {}), 400)
    started = organiser.post(reverse("staff:letters_start", args=[session.code]))
    reads(organiser.get(started["Location"]))
    reads(organiser.get(reverse("staff:letters", args=[session.code])))
    reads(organiser.post(reverse("staff:letters_take", args=[session.code])), 409)
    reads(organiser.get(reverse("staff:session_edit", args=[session.code])), 409)

    _close(session)
    every_page()
    rulings = reverse("staff:rulings", args=[session.code])
    for client in people:
        reads(client.get(rulings))
    end = session.closes_at + 30 * DAY
    count_session(session_id=session.pk, at=end)
    every_page()
    reads(organiser.get(reverse("staff:result", args=[session.code])))
    issue_resolution(session_id=session.pk, at=end)
    session.refresh_from_db()
    every_page(session.resolution.number)
    reads(people[1].get(rulings))


def test_a_ballot_is_ruled_out(estate: Estate, settings: Any) -> None:
    settings.DEBUG = True  # signed by the development authority
    vote = vote_in(estate)
    owner = reader()
    entered(owner, vote)
    assert cast(owner, vote, "0", "2").status_code == 303
    _close(vote.session)
    end = vote.session.closes_at + 30 * DAY
    count_session(session_id=vote.session.pk, at=end)
    issue_resolution(session_id=vote.session.pk, at=end)
    first = signed_in(official("organiser", estate))
    second = signed_in(official("supervisor", estate))
    code, party = vote.session.code, vote.letters[SMITH].party
    reads(first.get(f"{reverse('staff:rulings', args=[code])}?q=Flat"))
    new = reverse("staff:ruling_new", args=[code, party.number])
    reads(first.get(new))
    reads(first.post(new, {}), 400)
    paper = SimpleUploadedFile("paper.pdf", PDF)
    made = first.post(new, {"reason": "Not the owner", "content": paper})
    assert made.status_code == 302
    for client in (first, second):
        reads(client.get(made["Location"]))
    pk = Ruling.objects.get().pk
    for name, posted in (("ruling_confirm", {}), ("ruling_decline", {"reason": ""})):
        at = reverse(f"staff:{name}", args=[code, pk])
        reads(first.post(at, posted), 400, 404, 409)
    reads(second.post(reverse("staff:ruling_decline", args=[code, pk]), {"reason": ""}), 400)
    reads(
        second.post(reverse("staff:ruling_confirm", args=[code, pk]), {"understood": "on"}), 302
    )
    for client in (first, second):
        reads(client.get(made["Location"]))
        reads(client.get(reverse("staff:rulings", args=[code])))
    assert chinese_in(owner.get(f"/r/{Ballot.objects.get().receipt_code}")) == []
    assert chinese_in(owner.get(f"/s/{code}/")) == []


def test_witnesses(estate: Estate, organiser: Client) -> None:
    street = signed_in(official("street_office", estate))
    key = reverse("staff:witness_key")
    draft = drafted(estate, opens_in=20 * DAY, lasting=10 * DAY)
    asked = reverse("staff:witnesses", args=[draft.code])
    reads(street.get(key))
    reads(organiser.get(asked))
    for typed in ("", "short"):
        reads(street.post(key, {"key": typed}), 400)
    good = {"key": b64(public_key(bytes(32))), "authority": estate.authority.pk}
    reads(street.post(key, good, follow=True))
    reads(organiser.get(asked))
    reads(organiser.post(asked, {}), 400)
    reads(organiser.post(asked, {"authorities": [estate.authority.pk], "needed": 2}), 400)
    reads(organiser.post(asked, {"authorities": [estate.authority.pk], "needed": 1}), 302)
    freeze_session(session_id=draft.pk, actor="test", at=timezone.now())
    sign_checkpoints(at=timezone.now())
    at = reverse("staff:witness", args=[draft.code])
    reads(street.get(at))
    reads(street.post(at, {}), 400)
    reads(street.post(at, {"content": SimpleUploadedFile("w.json", b"{}")}), 400)
    assert "Not witnessed" in reads(street.get(f"/s/{draft.code}/board/"))
    reads(street.get(f"/s/{draft.code}/"))


def _close(session: Session) -> None:
    session.opens_at -= 30 * DAY
    session.closes_at = timezone.now() - timedelta(minutes=1)
    session.save(update_fields=["opens_at", "closes_at"])
    close_session(session_id=session.pk, at=timezone.now())
    session.refresh_from_db()


def _roll(name: str, estate: Estate, *more: object) -> str:
    return reverse(f"roll:{name}", args=[estate.code, *more])


def test_a_roll_comes_in(estate: Estate, organiser: Client) -> None:
    for name in ("home", "upload", "units", "verification", "manager", "findings"):
        reads(organiser.get(_roll(name, estate)))
    upload = _roll("upload", estate)
    for content in (b"", b"PK\x03\x04", b"\xff\xfe\x00", b"a,b\n1,2\n"):
        file = SimpleUploadedFile("roll.csv", content)
        answer = organiser.post(upload, {"file": file, "whole": "yes"}, follow=True)
        reads(answer, 200, 400)
    reads(organiser.post(upload, {"file": SimpleUploadedFile("roll.doc", b"x")}), 400)
    kept = _preview(estate, b"Room,Area,Owner\n9-9-901,abc,New\n9-9-901,1,\n,5,Other\n")
    rooms = ("9幢9单元901室", "9幢", "9单元901室")
    page = reads(organiser.get(_roll("preview", estate, kept.pk)), data=rooms)
    assert "The area is not a number" in page
    reads(organiser.get(_roll("columns", estate, kept.pk)))
    reads(organiser.post(_roll("columns", estate, kept.pk), {}), 400)
    good = _preview(estate, b"Room,Area,Owner\n9-9-901,90,New\n")
    reads(organiser.get(_roll("preview", estate, good.pk)), data=rooms)
    reads(organiser.post(_roll("undo", estate, good.pk)), 409, data=rooms)
    reads(organiser.get(_roll("home", estate)))


def _preview(estate: Estate, content: bytes) -> RollImport:
    return preview_import(
        estate_id=estate.pk,
        file_name="roll.csv",
        content=content,
        mapping={"room": "Room", "area": "Area", "owners": "Owner"},
        whole=True,
        actor="user:1",
        at=timezone.now(),
    )


def test_a_roll_is_checked(estate: Estate, organiser: Client) -> None:
    alone = make_owner(estate, "White", number="", document_hash="", phone="")
    make_unit(estate, "Block B", "101", None, [alone], label="House 101", entrance="")
    pair = [make_owner(estate, name) for name in ("Black", "Gray")]
    make_unit(estate, "Block B", "102", 90_00, pair, label="House 102", entrance="")
    reexamine_roll(estate_id=estate.pk, actor="test", at=timezone.now())
    page = reads(organiser.get(_roll("findings", estate)))
    for title in ("No area", "Joint owners without a chosen voter", "One owner with several"):
        assert title in page
    reads(organiser.post(_roll("findings", estate), {}), 400)
    for unit in Unit.objects.all():
        reads(organiser.get(_roll("unit", estate, unit.pk)))
    unit = Unit.objects.get(label="House 101")
    for name in ("area", "voter", "transfer"):
        reads(organiser.post(_roll(name, estate, unit.pk), {}), 400)
    wrong = {"area": "-1", "source": "register"}
    reads(organiser.post(_roll("area", estate, unit.pk), wrong), 400)
    reads(organiser.get(f"{_roll('units', estate)}?q=zzz"))
    reads(organiser.post(_roll("verification", estate), {}), 400)
    answers = SimpleUploadedFile("list.csv", b"a,b\n1,2\n")
    # The list goes to the registration authority and keeps its Chinese headings.
    headings = ("编号、姓名、核验结果", "编号", "姓名", "核验结果")
    reads(organiser.post(_roll("verification", estate), {"file": answers}), 400, data=headings)
    PropertyManagerStaff.objects.create(estate=estate, name="Doe")
    reads(organiser.get(_roll("manager", estate)))
    reads(organiser.post(_roll("manager", estate), {}), 400)


def test_people_and_roles(estate: Estate) -> None:
    operator = signed_in(official("operator", estate))
    somebody = official("supervisor", estate)
    held = RoleGrant.objects.get(user=somebody)
    for name, args in (
        ("home", []),
        ("people", []),
        ("invite", []),
        ("person", [somebody.pk]),
        ("deactivate", [somebody.pk]),
        ("revoke", [held.pk]),
    ):
        reads(operator.get(reverse(f"staff:{name}", args=args)))
    for name, args in (
        ("invite", []),
        ("person", [somebody.pk]),
        ("deactivate", [somebody.pk]),
        ("revoke", [held.pk]),
    ):
        reads(operator.post(reverse(f"staff:{name}", args=args), {}), 400)
    person = reverse("staff:person", args=[somebody.pk])
    for typed in (
        {"role": "organiser", "valid_from": "2026-01-01"},
        {"role": "bureau", "estate": estate.code, "valid_from": "2026-01-01"},
        {"role": "organiser", "estate": estate.code, "valid_from": "2026-01-01"},
        {"role": "operator", "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
    ):
        reads(operator.post(person, typed), 400)
    phone = {"username": "new", "display_name": "New", "phone": "123"}
    reads(operator.post(reverse("staff:invite"), phone), 400)


def test_without_a_role(estate: Estate) -> None:
    stranger = signed_in(make_user("stranger"))
    reads(stranger.get(reverse("staff:home")))
    reads(stranger.get(reverse("staff:estates")))
    reads(stranger.get(reverse("staff:estate", args=[estate.code])), 404)
