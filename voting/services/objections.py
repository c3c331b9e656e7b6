"""Objections: filed, answered with reasons, disputed, ruled on by two people; never deleted.

What a step is due by is kept beside it. When that is over it lies on the street office's desk
too, which may then act in the organiser's place: so nobody can hold a count up for ever.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from accounts.permissions import Permission, roles_with
from accounts.phones import mobile_of, phone_hash
from accounts.steps import queue_message
from accounts.texts import TEXTS, gaps
from core.errors import RuleViolation
from documents.labels import label
from documents.wording import end_of
from logbook.steps import record_act
from registry.fields import open_bytes, seal_bytes
from registry.models import Estate
from voting.domain.drafts import content_type
from voting.domain.objections import (
    MOST_OPEN,
    UNSETTLED,
    Term,
    answer_reasons,
    due,
    next_state,
    objection_reasons,
    paper_reasons,
    roll_term,
    term,
)
from voting.domain.reasons import demand_none
from voting.models import Ballot, Objection, Party, Recusal, RollPosting, Session
from voting.selectors import (
    answer_days,
    course,
    demand_unconcerned,
    dispute_days,
    excluded_parties,
    late_excluded,
    posting_of,
)
from voting.steps import Signer

_PURPOSE = "voting.objection.content"
_STREET = "street_office"


class Objector(NamedTuple):
    """Who objects: a party of the frozen roll, or a person who came to the office."""

    party_id: int | None = None
    unit_id: int | None = None
    name: str = ""
    contact: str = ""


class Statement(NamedTuple):
    """What is objected to and why; `content` is a PDF, PNG or JPEG handed in, if any."""

    about: str  # roll | took_part | result | other
    text: str
    not_mine: bool = False
    name: str = ""
    content: bytes = b""


@transaction.atomic(durable=True)
def file_objection(
    *,
    estate_id: int,
    session_id: int | None,
    said: Statement,
    objector: Objector,
    submission: str,
    actor: str,
    at: datetime,
) -> Objection:
    """Take an objection in, with the next number of its session (or of its estate).

    `submission` names the act: sent twice, it is one. `actor`: "party:7" or the member of
    staff who entered it. RuleViolation "objection.invalid" with every reason,
    "objection.too_early", "objection.period_over", "objection.cancelled",
    "objection.roll_frozen", "objection.on_show", "objection.no_ballot", "objection.too_many".
    """
    estate, session = lock_numbers(estate_id, session_id)
    return take_in(
        estate,
        session,
        said=said,
        objector=objector,
        submission=submission,
        actor=actor,
        at=at,
    )


def take_in(
    estate: Estate,
    session: Session | None,
    *,
    said: Statement,
    objector: Objector,
    submission: str,
    actor: str,
    at: datetime,
) -> Objection:
    """`file_objection` inside the caller's transaction, under the lock of `lock_numbers`."""
    known = Objection.objects.filter(estate=estate, submission=submission).first()
    if known is not None:
        return known
    plain = said.name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    demand_none(
        "objection.invalid",
        [
            *objection_reasons(
                about=said.about,
                text=said.text,
                name=objector.name,
                contact=objector.contact,
                by_party=actor.startswith("party:"),
            ),
            *paper_reasons(name=plain, content=said.content, most=settings.UPLOAD_MAX_BYTES),
        ],
    )
    party = _party(session, objector.party_id)
    found = _term(estate, session, said, at)
    if said.not_mine and (party is None or not party.ballots):
        raise RuleViolation("objection.no_ballot", "您家没有参加的记录，没有票可以否认")
    siblings = Objection.objects.filter(estate=estate, session=session)
    if party is not None:
        if siblings.filter(party=party, state__in=UNSETTLED).count() >= MOST_OPEN:
            raise RuleViolation(
                "objection.too_many", f"您家已经有{MOST_OPEN}件异议在等答复，请等有了答复再提"
            )
        same = siblings.filter(party=party, not_mine=True, state__in=UNSETTLED).first()
        if said.not_mine and same is not None:
            return same
    last = siblings.aggregate(last=Max("number"))["last"] or 0
    made = Objection.objects.create(
        estate=estate,
        session=session,
        number=last + 1,
        about=said.about,
        not_mine=said.not_mine,
        party=party,
        unit_id=objector.unit_id,
        name=objector.name.strip(),
        contact=objector.contact.strip(),
        contact_hash=phone_hash(mobile_of(objector.contact)),
        text=said.text.strip(),
        document_name=plain,
        content_type=content_type(said.content) or "",
        content=seal_bytes(said.content, purpose=_PURPOSE) if said.content else b"",
        sha256=sha256(said.content).hexdigest() if said.content else "",
        submission=submission,
        entered_by=actor,
        filed_at=at,
        in_time=found.in_time,
        deadline=found.deadline,
        due_at=due(at, answer_days(session)),
    )
    _record(made, "objection.filed", actor, at, {"about": said.about, "in_time": found.in_time})
    template = "ballot_disowned" if made.not_mine else "objection_filed"
    _tell(made, template, at, deadline=end_of(made.due_at))
    return made


@transaction.atomic(durable=True)
def answer_objection(
    *, objection_id: int, upheld: bool, reason: str, signer: Signer, at: datetime
) -> Objection:
    """The organiser's answer with reasons; when it is overdue, the street office's.

    Harmless where the same person gave the same answer already. RuleViolation
    "objection.invalid", "objection.role", "objection.state", "objection.needs_ruling".
    """
    objection = _objection(objection_id)
    demand_none("objection.invalid", answer_reasons(text=reason))
    given = (objection.state, objection.answered_by, objection.upheld, objection.answer)
    if given == ("answered", signer.actor, upheld, reason.strip()):
        return objection
    _demand_answerer(objection, signer, at)
    if upheld and _counts(objection):
        raise RuleViolation(
            "objection.needs_ruling",
            "要把这一户的票排除，一个人不能决定：请提出“不计入”，由另一种角色的人决定",
        )
    objection.state = next_state(objection.state, "answered")
    objection.upheld, objection.answer = upheld, reason.strip()
    objection.answered_by, objection.answered_role = signer
    objection.answered_at = at
    waits = dispute_days(objection.session)
    objection.dispute_until = due(at, waits) if waits else at
    _save(objection)
    _record(objection, "objection.answered", signer.actor, at, {"upheld": upheld})
    _tell(objection, "objection_answered", at, deadline=end_of(objection.dispute_until))
    return objection


@transaction.atomic(durable=True)
def dispute_objection(*, objection_id: int, reason: str, actor: str, at: datetime) -> Objection:
    """The objector does not accept the answer: two people rule on it.

    `actor`: the party ("party:7"), or staff for whoever came to the office. RuleViolation
    "objection.invalid", "objection.not_yours", "objection.state", "objection.dispute_over".
    """
    objection = _objection(objection_id)
    _demand_own(objection, actor)
    demand_none("objection.invalid", answer_reasons(text=reason))
    if objection.state == "disputed" and objection.dispute == reason.strip():
        return objection
    next_state(objection.state, "disputed")
    until = objection.dispute_until
    if until is not None and at >= until:
        raise RuleViolation(
            "objection.dispute_over",
            f"不服答复应当在{end_of(until)}以前提出，已经过了。"
            "仍不同意的，可以向街道办事处反映，也可以在决定作出后一年内请求人民法院撤销",
        )
    objection.state = "disputed"
    objection.dispute, objection.disputed_at = reason.strip(), at
    objection.due_at = due(at, answer_days(objection.session))
    _save(objection)
    _record(objection, "objection.disputed", actor, at)
    return objection


@transaction.atomic(durable=True)
def propose_finding(
    *, objection_id: int, upheld: bool, reason: str, signer: Signer, at: datetime
) -> Objection:
    """The first of two people says what a disputed objection comes to.

    RuleViolation "objection.invalid", "ruling.role", "ruling.concerned", "objection.state",
    "objection.needs_ruling".
    """
    objection = _objection(objection_id)
    _demand_role(signer, Permission.PROPOSE_RULING)
    demand_none("objection.invalid", answer_reasons(text=reason))
    given = (objection.state, objection.proposed_by, objection.proposed_upheld)
    if given == ("proposed", signer.actor, upheld):
        return objection
    _demand_unconcerned(objection, signer)
    if upheld and _counts(objection):
        raise RuleViolation(
            "objection.needs_ruling",
            "要支持这件异议，请提出“不计入”：同意排除的裁定就是对异议的裁定",
        )
    objection.state = next_state(objection.state, "proposed")
    objection.finding, objection.proposed_upheld = reason.strip(), upheld
    objection.proposed_by, objection.proposed_role = signer
    objection.proposed_at = at
    objection.due_at = due(at, answer_days(objection.session))
    _save(objection)
    _record(objection, "objection.finding_proposed", signer.actor, at, {"upheld": upheld})
    return objection


@transaction.atomic(durable=True)
def confirm_finding(*, objection_id: int, signer: Signer, at: datetime) -> Objection:
    """The second person's yes, in another role; overdue, two of the street office will do.

    RuleViolation "ruling.role", "ruling.same_person", "ruling.same_role",
    "ruling.concerned", "objection.state".
    """
    objection = _objection(objection_id)
    if (objection.state, objection.ruled_by) == ("ruled", signer.actor):
        return objection
    _demand_second(objection, signer, at)
    objection.state = "ruled"
    objection.upheld = objection.proposed_upheld
    objection.ruled_by, objection.ruled_role = signer
    objection.ruled_at = at
    _save(objection)
    _record(objection, "objection.ruled", signer.actor, at, {"upheld": objection.upheld})
    _tell(objection, "objection_ruled", at)
    return objection


@transaction.atomic(durable=True)
def decline_finding(*, objection_id: int, signer: Signer, at: datetime) -> Objection:
    """The second person's no, or the first one's second thoughts: it is disputed as before."""
    objection = _objection(objection_id)
    _demand_proposed(objection)
    if signer.actor != objection.proposed_by:
        _demand_second(objection, signer, at)
    objection.state = "disputed"
    objection.due_at = due(at, answer_days(objection.session))
    _save(objection)
    _record(objection, "objection.finding_declined", signer.actor, at)
    return objection


@transaction.atomic(durable=True)
def withdraw_objection(*, objection_id: int, actor: str, at: datetime) -> Objection:
    """The objector takes it back. What was said stays on record.

    RuleViolation "objection.not_yours", "objection.state".
    """
    objection = _objection(objection_id)
    _demand_own(objection, actor)
    if objection.state == "withdrawn":
        return objection
    objection.state = next_state(objection.state, "withdrawn")
    objection.withdrawn_at, objection.withdrawn_by = at, actor
    _save(objection)
    _record(objection, "objection.withdrawn", actor, at)
    return objection


@transaction.atomic(durable=True)
def declare_interest(*, session_id: int, reason: str, signer: Signer, at: datetime) -> Recusal:
    """回避: the signer has a stake in this session and rules in it no more; once."""
    session = Session.objects.select_for_update(no_key=True).get(pk=session_id)
    known = Recusal.objects.filter(session=session, actor=signer.actor).first()
    if known is not None:
        return known
    demand_none("objection.invalid", answer_reasons(text=reason))
    made = Recusal.objects.create(
        session=session, actor=signer.actor, reason=reason.strip(), declared_at=at
    )
    facts = {"session": session.code, "role": signer.role}
    code = Estate.objects.values_list("code", flat=True).get(pk=session.estate_id)
    record_act(f"estate/{code}", "recusal.declared", facts, actor=signer.actor, at=at)
    return made


def paper_of(objection: Objection) -> bytes:
    """The paper or photograph handed in, as it was; b"" for none."""
    sealed = bytes(objection.content)
    return open_bytes(sealed, purpose=_PURPOSE) if sealed else b""


# --- what is looked at before ------------------------------------------------------------


def lock_numbers(estate_id: int, session_id: int | None) -> tuple[Estate, Session | None]:
    """The row that gives the numbers, locked: the session's, else the estate's."""
    if session_id is None:
        return Estate.objects.select_for_update(no_key=True).get(pk=estate_id), None
    rows = Session.objects.select_for_update(of=("self",), no_key=True)
    session = rows.select_related("estate").get(pk=session_id, estate_id=estate_id)
    return session.estate, session


def _objection(objection_id: int) -> Objection:
    """The objection, read under the lock of its session or estate."""
    estate_id, session_id = Objection.objects.values_list("estate", "session").get(
        pk=objection_id
    )
    estate, session = lock_numbers(estate_id, session_id)
    found = Objection.objects.select_related("party").defer("content").get(pk=objection_id)
    found.estate, found.session = estate, session
    return found


def _party(session: Session | None, party_id: int | None) -> Party | None:
    if party_id is None:
        return None
    return Party.objects.get(pk=party_id, session=session)


def _term(estate: Estate, session: Session | None, said: Statement, at: datetime) -> Term:
    if session is None:
        shown = RollPosting.objects.filter(session__estate=estate, session__state="draft")
        if shown.filter(ends_at__gt=at).exists():
            raise RuleViolation(
                "objection.on_show",
                "名册正在为一次会议公示：请在那次会议的“异议”里登记，答复以前不能冻结名册",
            )
        return roll_term(None, at)
    if said.about == "roll" and session.state == "draft":
        shown_now = posting_of(session)
        return roll_term(shown_now.ends_at if shown_now else None, at)
    return term(said.about, said.not_mine, course(session, at), at)


def _counts(objection: Objection) -> bool:
    """Whether it is about ballots that count: those only two people can take out."""
    party, session = objection.party, objection.session
    if session is None or party is None or objection.about != "took_part":
        return False
    if not party.ballots or party.number in excluded_parties(session) | late_excluded(session):
        return False
    since = Ballot.objects.filter(party=party, recorded_at__gt=objection.filed_at)
    return objection.not_mine and not since.exists()


def _demand_answerer(objection: Objection, signer: Signer, at: datetime) -> None:
    if signer.role == _STREET and at >= objection.due_at:
        return
    if signer.role == _STREET:
        raise RuleViolation(
            "objection.role",
            f"先由组织者在{end_of(objection.due_at)}以前答复，逾期再由街道答复",
        )
    if signer.role not in roles_with(Permission.MANAGE_SESSION):
        raise RuleViolation("objection.role", "异议由组织者答复")


def _demand_own(objection: Objection, actor: str) -> None:
    if actor == f"party:{objection.party_id}":
        return
    # Staff speak for whoever came to the office, and for nobody else.
    if actor.startswith("party:") or objection.entered_by.startswith("party:"):
        raise RuleViolation("objection.not_yours", "只有提出异议的业主可以办这一步")


def _demand_role(signer: Signer, permission: Permission) -> None:
    if signer.role not in roles_with(permission):
        raise RuleViolation("ruling.role", "您的角色不能办这件事")


def _demand_unconcerned(objection: Objection, signer: Signer) -> None:
    parties = [objection.party] if objection.party is not None else []
    demand_unconcerned(
        signer.actor, objection.session, parties=parties, hashes=[objection.contact_hash]
    )
    if signer.actor == objection.answered_by:
        raise RuleViolation("ruling.concerned", "您答复过这件异议，请由别人裁定")


def _demand_proposed(objection: Objection) -> None:
    if objection.state != "proposed":
        raise RuleViolation("objection.state", "没有等第二人决定的裁定")


def _demand_second(objection: Objection, signer: Signer, at: datetime) -> None:
    _demand_proposed(objection)
    _demand_role(signer, Permission.DECIDE_RULING)
    if signer.actor == objection.proposed_by:
        raise RuleViolation("ruling.same_person", "提议的人不能自己决定，请另一个人来办")
    overdue = signer.role == _STREET and at >= objection.due_at
    if signer.role == objection.proposed_role and not overdue:
        raise RuleViolation("ruling.same_role", "要由另一种角色的人决定")
    _demand_unconcerned(objection, signer)


# --- what is written -----------------------------------------------------------------------


# Where it stands. What was said is never written again: the database would refuse it.
_MOVES = (
    *("state", "due_at", "upheld", "ruling"),
    *("answer", "answered_by", "answered_role", "answered_at", "dispute_until"),
    *("dispute", "disputed_at", "finding", "proposed_upheld"),
    *("proposed_by", "proposed_role", "proposed_at", "ruled_by", "ruled_role", "ruled_at"),
    *("withdrawn_at", "withdrawn_by"),
)


def _save(objection: Objection) -> None:
    objection.save(update_fields=_MOVES)


def _record(
    objection: Objection,
    act: str,
    actor: str,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    facts: dict[str, Any] = {"number": objection.number, "sha256": objection.sha256}
    if objection.session is not None:
        facts["session"] = objection.session.code
    if objection.party is not None:
        facts["party"] = objection.party.number
    record_act(
        f"estate/{objection.estate.code}", act, facts | dict(more or {}), actor=actor, at=at
    )


def _tell(objection: Objection, template: str, at: datetime, **more: str) -> None:
    """An SMS to the objector, where a mobile number is known."""
    party, session = objection.party, objection.session
    wanted: Iterable[str] = gaps(TEXTS[template])
    page = f"s/{session.code}/objections/" if session is not None and session.manifest else ""
    known = {
        "estate": objection.estate.name,
        "about": label(objection, "about"),
        "title": session.title if session is not None else "",
        "number": str(objection.number),
        "phone": session.contact_phone if session is not None else "",
        "url": f"{settings.PUBLIC_URL}/{page}",
        **more,
    }
    queue_message(
        key=f"objection:{objection.pk}:{template}:{at.timestamp():.0f}",
        phone=party.phone if party is not None else mobile_of(objection.contact),
        template=template,
        params={gap: known[gap] for gap in wanted},
        at=at,
    )
