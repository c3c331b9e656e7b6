"""Drafting: all reasons at once, nothing half-written, nothing after freezing."""

import json
from datetime import timedelta

import pytest

from core.errors import RuleViolation
from logbook.models import Entry
from registry.models import Building
from tests.factories import ACTOR, CLOSE, FREEZE, OPEN, draft_session, frozen_vote, make_estate
from voting.models import Attachment, Motion, Session
from voting.services.drafting import (
    add_attachment,
    cancel_session,
    edit_session,
    remove_attachment,
    remove_motion,
    save_motion,
)

pytestmark = pytest.mark.django_db
BY = {"actor": ACTOR, "at": FREEZE}


def refused(act, code):
    with pytest.raises(RuleViolation) as caught:
        act()
    assert caught.value.code == code
    return [str(reason) for reason in caught.value.facts.get("reasons", [])]


def test_every_act_is_on_the_estates_log_without_what_was_typed():
    estate = make_estate()
    session = draft_session(estate)
    motion = session.motions.get()
    attachment = add_attachment(
        motion_id=motion.pk, name=r"C:\docs\方案.pdf", content=b"%PDF-1.7", **BY
    )
    assert attachment.name == "方案.pdf"
    remove_attachment(attachment_id=attachment.pk, **BY)
    edit_session(session_id=session.pk, changes={"title": "改过的标题"}, **BY)
    remove_motion(motion_id=motion.pk, **BY)
    cancel_session(session_id=session.pk, reason="重新起草", **BY)
    entries = Entry.objects.filter(log__name=f"estate/{estate.code}")
    assert [entry.kind for entry in entries] == [
        "session.created",
        "motion.saved",
        "attachment.added",
        "attachment.removed",
        "session.edited",
        "motion.removed",
        "session.cancelled",
    ]
    bodies = [json.loads(bytes(entry.line))["body"] for entry in entries]
    assert all(body["session"] == session.code and body["actor"] == ACTOR for body in bodies)
    assert "重新起草" not in str(bodies)


def test_a_bad_draft_writes_nothing():
    estate = make_estate()
    sentences = refused(
        lambda: draft_session(estate, title="", organiser=""), "session.invalid"
    )
    assert sentences == ["请填写会议名称", "请填写组织者"]
    assert not Session.objects.exists()
    assert not Entry.objects.exists()


def test_a_scope_in_another_estate_is_refused():
    elsewhere = Building.objects.create(estate=make_estate(), name="1幢")
    scope = [{"building": elsewhere.pk, "entrance": None}]
    refused(lambda: draft_session(make_estate(), scope=scope), "session.invalid")


def test_editing_keeps_what_was_not_changed():
    session = draft_session(make_estate())
    later = CLOSE + timedelta(days=1)
    edit_session(session_id=session.pk, changes={"closes_at": later}, **BY)
    session.refresh_from_db()
    assert (session.opens_at, session.closes_at) == (OPEN, later)
    refused(
        lambda: edit_session(session_id=session.pk, changes={"state": "counted"}, **BY),
        "session.invalid",
    )


def test_motions_move_up():
    session = draft_session(make_estate(), matters=(5, 8, 9))
    remove_motion(motion_id=session.motions.get(position=2).pk, **BY)
    assert list(session.motions.values_list("position", "matter")) == [(1, 5), (2, 9)]


def test_a_bad_motion_names_every_fault():
    session = draft_session(make_estate(), matters=())
    common = {"session_id": session.pk, "motion_id": None, **BY}
    sentences = refused(
        lambda: save_motion(matter=12, title="", text="长" * 4001, cost_fen=-1, **common),
        "motion.invalid",
    )
    assert len(sentences) == 4
    assert not Motion.objects.exists()


def test_a_motion_of_another_session_is_not_changed():
    mine, other = draft_session(make_estate()), draft_session(make_estate())
    with pytest.raises(Motion.DoesNotExist):
        save_motion(
            session_id=mine.pk,
            motion_id=other.motions.get().pk,
            matter=5,
            title="标题",
            text="内容",
            cost_fen=None,
            **BY,
        )


def test_an_exe_named_pdf_is_refused(settings):
    settings.UPLOAD_MAX_BYTES = 20 * 1024 * 1024
    motion = draft_session(make_estate()).motions.get()
    sentences = refused(
        lambda: add_attachment(
            motion_id=motion.pk, name="方案.pdf", content=b"MZ" + bytes(30 << 20), **BY
        ),
        "attachment.invalid",
    )
    assert len(sentences) == 2
    assert "20 MB" in sentences[1]
    assert not Attachment.objects.exists()


def test_nothing_changes_after_freezing():
    vote = frozen_vote()
    motion = vote.session.motions.get()
    acts = [
        lambda: edit_session(session_id=vote.session.pk, changes={"title": "另"}, **BY),
        lambda: save_motion(
            session_id=vote.session.pk,
            motion_id=motion.pk,
            matter=5,
            title="另",
            text="另",
            cost_fen=None,
            **BY,
        ),
        lambda: remove_motion(motion_id=motion.pk, **BY),
        lambda: add_attachment(motion_id=motion.pk, name="a.pdf", content=b"%PDF-", **BY),
    ]
    for act in acts:
        refused(act, "session.not_draft")


def test_a_session_is_called_off_before_it_opens_and_not_after():
    vote = frozen_vote()
    refused(
        lambda: cancel_session(session_id=vote.session.pk, reason="迟了", actor=ACTOR, at=OPEN),
        "session.too_late_to_cancel",
    )
    refused(
        lambda: cancel_session(session_id=vote.session.pk, reason=" ", **BY),
        "session.cancel_reason",
    )
    assert cancel_session(session_id=vote.session.pk, reason="有误", **BY).state == "cancelled"
