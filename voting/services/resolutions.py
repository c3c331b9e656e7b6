"""The signed resolution."""

from datetime import datetime
from secrets import choice

from django.db import transaction

from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.errors import RuleViolation
from documents.models import Document
from documents.resolutions import render_resolution
from documents.steps import next_number, store_signed
from logbook.steps import append_to, locked_log
from voting.domain.results import tally_json
from voting.facts import TALLY_NAME, resolution_facts
from voting.models import Session
from voting.selectors import result_of
from voting.steps import board_name, checkpoint_board


@transaction.atomic(durable=True)
def issue_resolution(*, session_id: int, at: datetime) -> Document:
    """Render, sign and store the resolution of a counted session, once.

    Inside it travels the tally, in the shape of `manage.py count --json`. Harmless where
    it was issued already. RuleViolation "resolution.not_counted", "signer.missing".
    """
    session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    if session.resolution is not None:
        return session.resolution
    if session.state != "counted":
        raise RuleViolation("resolution.not_counted", "还没有计票，不能出决议")
    estate = session.estate
    result = result_of(session)
    tally = canonical(tally_json(result))
    facts = resolution_facts(
        session,
        result,
        number=next_number(estate, series="演练" if session.rehearsal else "业", at=at),
        code=new_code(LENGTH, choice),
        at=at,
    )
    document = store_signed(
        facts=facts,
        kind="resolution",
        title=f"{facts.title}（{session.title}）",
        estate=estate,
        pdf=render_resolution(facts, attachments={TALLY_NAME: tally}),
        data=tally,
    )
    session.resolution = document
    session.state = "resolved"
    session.save(update_fields=["resolution", "state"])
    body = {"sha256": document.sha256, "number": document.number}
    append_to(locked_log(board_name(session.code)), "resolution", body, at=at)
    checkpoint_board(session, at=at)
    return document
