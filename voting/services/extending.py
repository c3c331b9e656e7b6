"""The one extension of a vote: announced by a signed paper whose hash is on the board."""

from datetime import datetime, timedelta
from secrets import choice

from django.conf import settings
from django.db import transaction

from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from documents.extensions import ExtensionFacts, render_extension
from documents.steps import store_signed
from logbook.steps import append_to, locked_log, record_act, stamp
from registry.models import Estate
from voting.domain.extending import Window, extension_reasons
from voting.domain.reasons import demand_none
from voting.facts import specimen_of
from voting.models import Extension, Session
from voting.selectors import extension_of, extension_window
from voting.steps import board_name, checkpoint_board

_KIND = "extension"
_DATA = "extension.json"


@transaction.atomic(durable=True)
def extend_voting(
    *, session_id: int, closes_at: datetime | None, reason: str, actor: str, at: datetime
) -> Extension:
    """Let voting end later, once; ballots stay. Who closes meanwhile waits for the lock.

    The same extension again is one. RuleViolation "extension.invalid" with every reason,
    "extension.draft".
    """
    session = Session.objects.select_for_update(of=("self",), no_key=True).get(pk=session_id)
    if session.state != "frozen":
        ended = session.state in {"closed", "counted", "resolved"}
        sentence = "已经截止，不能再延期" if ended else "会议没有进入表决，不能延期"
        raise RuleViolation("extension.closed" if ended else "extension.draft", sentence)
    before = extension_of(session)
    if before is not None and (before.closes_at, before.reason) == (closes_at, reason.strip()):
        return before
    window = extension_window(session)
    if closes_at is not None:
        closes_at = closes_at.replace(second=0, microsecond=0)
    demand_none(
        "extension.invalid",
        extension_reasons(window, closes_at=closes_at, reason=reason, at=at),
    )
    if closes_at is None:
        raise ValueError("an extension without a time is refused above")
    facts = _facts(session, window, closes_at, reason.strip(), at)
    data = canonical(
        {
            "session": session.code,
            "from": stamp(window.closes_at),
            "closes_at": stamp(closes_at),
            "reason": facts.reason,
        }
    )
    document = store_signed(
        facts=facts,
        kind=_KIND,
        title=f"{facts.title}（{session.title}）",
        estate=session.estate,
        pdf=render_extension(facts, attachments={_DATA: data}),
        data=data,
    )
    made = Extension.objects.create(
        session=session,
        closed_at_first=window.closes_at,
        closes_at=closes_at,
        reason=facts.reason,
        document=document,
        extended_by=actor,
        extended_at=at,
    )
    session.closes_at = closes_at
    session.save(update_fields=["closes_at"])
    _keep_keys_longer(session, closes_at - window.closes_at)
    body = {"closes_at": stamp(closes_at), "sha256": document.sha256}
    append_to(locked_log(board_name(session.code)), "extend", body, at=at)
    acted = {"session": session.code, **body}
    record_act(f"estate/{session.estate.code}", "session.extended", acted, actor=actor, at=at)
    checkpoint_board(session, at=at)
    return made


def _keep_keys_longer(session: Session, longer: timedelta) -> None:
    """A year to go to court begins with the result, so it ends later, too."""
    for key in session.trustee_keys.filter(destroyed_at=None):
        key.destroy_on += timedelta(days=-(-longer // timedelta(days=1)))
        key.save(update_fields=["destroy_on"])


def _facts(
    session: Session, window: Window, closes_at: datetime, reason: str, at: datetime
) -> ExtensionFacts:
    # The estate's row keeps two papers of one estate from taking the same number.
    estate = Estate.objects.select_for_update(no_key=True).get(pk=session.estate_id)
    series = "演练延" if session.rehearsal else "延"
    prefix = f"{estate.name}{series}〔{local_day(at).year}〕"
    issued = estate.documents.filter(kind=_KIND, number__startswith=prefix).count()
    code = new_code(LENGTH, choice)
    return ExtensionFacts(
        number=f"{prefix}{issued + 1}号",
        code=code,
        verify_url=f"{settings.PUBLIC_URL}/v/{code}",
        estate=estate.name,
        issued_at=at,
        issuer=session.organiser,
        specimen=specimen_of(session),
        session_title=session.title,
        session_code=session.code,
        organiser=session.organiser,
        phone=session.contact_phone,
        closed_at_first=window.closes_at,
        closes_at=closes_at,
        reason=reason,
        clause=session.profile["max_extension_days"]["clause"],
    )
