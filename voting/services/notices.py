"""The notice of a vote for the wall, issued once after the announcement."""

from datetime import datetime
from secrets import choice

from django.db import transaction

from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from documents.models import Document
from documents.notices import NOTICE_NAME, notice_json, render_notice
from documents.steps import next_number, store_signed
from logbook.steps import record_act
from voting.models import Session
from voting.notice_facts import notice_facts


@transaction.atomic(durable=True)
def issue_notice(*, session_id: int, at: datetime) -> Document:
    """Render, sign and store the notice of an announced session, once.

    Harmless where it was issued already. RuleViolation "notice.not_announced",
    "signer.missing".
    """
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate__authority")
        .get(pk=session_id)
    )
    if session.notice is not None:
        return session.notice
    if session.state != "frozen":
        raise RuleViolation("notice.not_announced", "会议还没有公告，或者已经截止，不能出公告")
    facts = notice_facts(
        session,
        number=next_number(session.estate, series="演练" if session.rehearsal else "业", at=at),
        code=new_code(LENGTH, choice),
        at=at,
    )
    data = notice_json(facts)
    document = store_signed(
        facts=facts,
        kind="notice",
        title=facts.title,
        estate=session.estate,
        pdf=render_notice(facts, attachments={NOTICE_NAME: data}),
        data=data,
    )
    session.notice = document
    session.save(update_fields=["notice"])
    record_act(
        f"estate/{session.estate.code}",
        "notice.issued",
        {"session": session.code, "sha256": document.sha256, "number": document.number},
        actor="system",
        at=at,
    )
    return document
