"""Freezing a session: its terms, its roll, its keys and its board."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from secrets import choice, token_bytes
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from core.canonical import canonical
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from logbook.steps import append_to, locked_log, record_act, stamp
from registry.domain.profiles import RuleValue, frozen, unverified
from registry.selectors import TitledUnit, current_titles, open_findings, profile_for
from voting.domain import checklist, convening
from voting.domain.demands import Support
from voting.domain.parties import (
    Holder,
    PartyArea,
    Title,
    VotingParty,
    faults,
    group,
    on_roll,
    party_areas,
)
from voting.domain.people import tail_of, tails
from voting.domain.posting import by_room, posting_reasons, roll_lines
from voting.domain.reasons import Reason, demand_none
from voting.domain.thresholds import majority_for
from voting.facts import letter_roll, roll_hash, shown_name
from voting.models import (
    Election,
    LetterCode,
    LetterMaker,
    Motion,
    MotionShare,
    Party,
    PartyUnit,
    Session,
    TrusteeKey,
)
from voting.protocol import ceremony, credential, manifest, roll, trustees
from voting.protocol.shape import b64, unb64
from voting.protocol.suite import Suite, draw_scalar, suite
from voting.selectors import (
    asked_to_witness,
    candidates_file,
    ceremony_of,
    demand_of,
    draft_of,
    is_election,
    letter_maker_of,
    motions_of,
    posted,
    requirements_of,
    support_of,
    transcript_of,
)
from voting.services.entering import code_hmac
from voting.spool import Secret, write_spool
from voting.steps import board_name, checkpoint_board

ShareTable = Callable[[Sequence[PartyArea]], Sequence[int]]

_PLATFORM = "平台密钥（一把）"
_HOST = "平台"
_BUNDLE = "js/ballot.bundle.js"
_NO_BUNDLE = "0" * 64
# Until a decision can no longer be brought to court (SPC interpretation art. 12: one year)
# a later exclusion may need the key; a month more for a case already filed.
_KEY_DAYS = 366 + 30
_BATCH = 500
_TITLE_LENGTH = 120
_SHOWN = 10  # rooms named in one sentence


@transaction.atomic(durable=True)
def freeze_session(
    *,
    session_id: int,
    actor: str,
    at: datetime,
    share_tables: Mapping[int, ShareTable] | None = None,
) -> Session:
    """Freeze roll and terms, make credentials, open the board, spool the letters.

    `share_tables`: motion id → function from the parties (in order of number) to fen of
    each; a proposed motion has one, which may refuse the parties. RuleViolation
    "session.not_ready" with facts["reasons"]: every reason at once.
    """
    session = (
        Session.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=session_id)
    )
    if session.state != "draft":
        raise RuleViolation("session.not_draft", "会议已经冻结，不能再冻结一次")
    weighed = weigh(session, at=at, share_tables=share_tables or {})
    demand_none("session.not_ready", weighed.reasons)
    values, motions, parties = weighed.values, weighed.motions, weighed.parties
    _set_terms(session, values, at)
    session.profile_code = session.estate.profile_code
    shares = _shares(motions, parties, share_tables or {})
    letters = _write_roll(session, parties, at, weighed.letters)
    _write_shares(motions, shares, letters.rows)
    _open_board(session, motions, letters, at)
    facts = {
        "session": session.code,
        "manifest": session.manifest_hash,
        "heads": len(parties),
        "unverified": unverified(values, convening.VALUES_USED),
    }
    record_act(f"estate/{session.estate.code}", "session.frozen", facts, actor=actor, at=at)
    # Last before the commit: a roll without its letters' secrets would be of no use. Where
    # somebody outside made the letters there are none here.
    if letters.secrets:
        write_spool(session.code, letters.secrets)
    return session


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A draft as it would be frozen now: `reasons` against it, and the parties it makes.

    No parties where the roll itself is at fault. `areas`: the parties as share tables
    see them. `letters`: who makes them, where the platform does not.
    """

    values: Mapping[str, RuleValue]
    motions: Sequence[Motion]
    parties: Sequence[VotingParty]
    reasons: Sequence[Reason]
    lines: Sequence[checklist.Line]
    """The same reasons by topic, with what holds: the page before the announcement."""
    letters: LetterMaker | None

    @property
    def areas(self) -> list[PartyArea]:
        return party_areas(self.parties)


def weigh(
    session: Session,
    *,
    at: datetime,
    share_tables: Mapping[int, ShareTable] | None = None,
) -> Weighed:
    """Everything that stands against freezing `session` at `at`; nothing is written.

    Whether letters made outside still fit, and proposers can share their costs out, is seen
    only where `share_tables` is given.
    """
    values = profile_for(session.estate, local_day(at))
    motions = motions_of(session)
    counted = _counted(session, session.scope, values)
    parties = [] if faults(counted) else group(counted)
    draft = draft_of(session, motions, values, _support(session, values))
    reasons = [
        *convening.reasons(draft, at=at),
        *_roll_reasons(session, counted),
        *_posting_reasons(session, values, parties, at),
        *_profile_reasons(values),
        *_key_reasons(session),
        *_share_reasons(motions, parties, share_tables),
    ]
    maker = letter_maker_of(session)
    weighed = Weighed(
        values=values,
        motions=motions,
        parties=parties,
        reasons=reasons,
        lines=[],
        letters=maker,
    )
    if maker is not None:
        reasons += _letter_reasons(session, maker, weighed, share_tables, at)
    messages = checklist.Messages(
        sum(1 for party in parties if party.phone), settings.SMS_COST_LI
    )
    return replace(weighed, reasons=reasons, lines=checklist.lines(draft, reasons, messages))


def roll_for_letters(
    session: Session,
    maker: LetterMaker,
    weighed: Weighed,
    share_tables: Mapping[int, ShareTable],
    *,
    at: datetime,
) -> dict[str, Any]:
    """The letter roll (§15) of the session as it would be frozen at `at`."""
    as_frozen = copy(session)
    _set_terms(as_frozen, weighed.values, at)
    shares = _shares(weighed.motions, weighed.parties, share_tables)
    return letter_roll(as_frozen, maker, weighed.motions, weighed.parties, shares)


def _counted(
    session: Session, scope: Sequence[Mapping[str, Any]], values: Mapping[str, RuleValue]
) -> Sequence[Title]:
    titles = [_title(unit) for unit in current_titles(session.estate_id, scope)]
    parking = values["parking"].value if "parking" in values else "none"
    return on_roll(titles, parking="full" if parking == "full" else "none")


def _support(session: Session, values: Mapping[str, RuleValue]) -> Support | None:
    """Of the whole estate, whatever the scope of the vote."""
    if demand_of(session) is None:
        return None
    counted = _counted(session, [], values)
    # A share of an area that is not known is none.
    return support_of(session, [] if faults(counted) else group(counted))


@dataclass(frozen=True)
class _Roll:
    rows: list[Party]
    lines: list[bytes]
    secrets: dict[int, Secret]
    made_by: dict[str, str]  # the manifest's field `letters`


# --- whether it may be frozen -----------------------------------------------------------


def _roll_reasons(session: Session, counted: Sequence[Title]) -> list[Reason]:
    if not counted:
        return [Reason("roll.empty", "表决范围内没有可以计票的房屋", "roll")]
    found = []
    by_code: dict[str, list[str]] = {}
    for fault in faults(counted):
        by_code.setdefault(fault.code, []).append(fault.label)
    for code, what in (("area.missing", "没有面积"), ("owner.missing", "没有业主")):
        if code in by_code:
            rooms = by_code[code]
            shown = "、".join(rooms[:_SHOWN]) + ("等" if len(rooms) > _SHOWN else "")
            found.append(Reason(code, f"{len(rooms)}处房屋{what}：{shown}", "roll"))
    open_ones = open_findings(session.estate_id, session.scope)
    if open_ones:
        sentence = f"名册检查还有{len(open_ones)}处没有解决或说明"
        found.append(Reason("roll.findings", sentence, "roll"))
    return found


def _posting_reasons(
    session: Session,
    values: Mapping[str, RuleValue],
    parties: Sequence[VotingParty],
    at: datetime,
) -> list[Reason]:
    stated = values.get("roll_posting_days")
    # A roll that is at fault itself makes no parties and has said so.
    if session.rehearsal or stated is None or not stated.value or not parties:
        return []
    return posting_reasons(posted(session), by_room(roll_lines(parties)), at=at)


def _profile_reasons(values: Mapping[str, RuleValue]) -> list[Reason]:
    if settings.DEBUG:
        return []
    return [
        Reason(
            "profile.unverified",
            f"规则“{name}”（{values[name].clause}）未核对原文，须由主管部门具名确认",
            "profile",
        )
        for name in unverified(values, convening.VALUES_USED)
    ]


def _key_reasons(session: Session) -> list[Reason]:
    held = ceremony_of(session)
    if held is None or held.agreed_at is not None:
        return []
    return [Reason("keys.unfinished", "开票钥匙还没有做好：保管人要做完三轮并念过指纹", "keys")]


def _share_reasons(
    motions: Sequence[Motion],
    parties: Sequence[VotingParty],
    tables: Mapping[int, ShareTable] | None,
) -> list[Reason]:
    """Why a proposer cannot share a cost out among these parties: its table says so."""
    if tables is None or not parties:
        return []
    found, areas = [], party_areas(parties)
    for motion in motions:
        if not motion.proposal:
            continue
        if motion.pk not in tables:
            # It came in while the page with the tables was open.
            sentence = f"第{motion.position}项的分摊没有算好，请刷新页面再看"
            found.append(Reason("motion.shares", sentence, place=motion.position))
            continue
        try:
            tables[motion.pk](areas)
        except RuleViolation as refused:
            sentence = f"第{motion.position}项：{refused}"
            found.append(Reason("motion.shares", sentence, place=motion.position))
    return found


def _letter_reasons(
    session: Session,
    maker: LetterMaker,
    weighed: Weighed,
    share_tables: Mapping[int, ShareTable] | None,
    at: datetime,
) -> list[Reason]:
    if maker.delivered_at is None:
        sentence = f"{maker.name}还没有交回公钥文件，通知书没有做好"
        return [Reason("letters.missing", sentence, "letters")]
    if share_tables is None or not weighed.parties:
        return []
    if any(reason.code == "motion.shares" for reason in weighed.reasons):
        return []
    fits = len(maker.keys) == len(weighed.parties)
    if fits:
        roll = roll_for_letters(session, maker, weighed, share_tables, at=at)
        fits = roll_hash(session, roll).hex() == maker.roll_sha
    if fits:
        return []
    sentence = f"{maker.name}做信以后，名册或者会议内容改过，信已经不对：请重新做信"
    return [Reason("letters.stale", sentence, "letters")]


def _title(unit: TitledUnit) -> Title:
    return Title(
        unit=unit.unit_id,
        label=unit.label,
        building=unit.building,
        entrance=unit.entrance,
        floor=unit.floor,
        use=unit.use,
        status=unit.status,
        area=unit.area,
        holders=tuple(
            Holder(
                document_hash=owner.document_hash,
                name=owner.name,
                phone=owner.phone,
                last_six="" if owner.number_waits else tail_of(owner.document_number),
                is_company=owner.kind == "company",
                is_voter=owner.is_voter,
            )
            for owner in unit.owners
        ),
    )


# --- the roll and its letters -----------------------------------------------------------


class _Issued(NamedTuple):
    """What a letter leaves here; no `secret` where somebody outside made it."""

    key: bytes
    code_hmac: str
    serial: str
    secret: Secret | None

    def __repr__(self) -> str:
        return "_Issued(***)"


@sensitive_variables()
def _issue(session: Session, party: VotingParty, maker: LetterMaker | None) -> _Issued:
    if maker is not None:
        place = party.number - 1
        key, code = unb64(maker.keys[place]), maker.codes[place]
        return _Issued(key, code, maker.serials[place], None)
    token = credential.new_token()
    _secret, key = credential.derive(suite(session.suite), session.code, token)
    code = new_code(LENGTH, choice)
    return _Issued(key, code_hmac(code), new_serial(party.number), Secret(b64(token), code))


def new_serial(number: int) -> str:
    """Of a party's tear-off paper ballot."""
    return f"{number:05}-{new_code(4, choice)}"


@sensitive_variables()
def _write_roll(
    session: Session, parties: Sequence[VotingParty], at: datetime, maker: LetterMaker | None
) -> _Roll:
    """One row, one credential and one letter for each party."""
    chosen = suite(session.suite)
    rows, lines, secrets, codes = [], [], {}, []
    for party in parties:
        issued = _issue(session, party, maker)
        row = _party_row(session, party, chosen, issued)
        rows.append(row)
        codes.append(issued.code_hmac)
        lines.append(roll.make_line(party.number, party.area, issued.key, row.commitment))
        if issued.secret is not None:
            secrets[party.number] = issued.secret
    Party.objects.bulk_create(rows, batch_size=_BATCH)
    LetterCode.objects.bulk_create(
        [
            LetterCode(party=row, code_hmac=code, issued_at=at)
            for row, code in zip(rows, codes, strict=True)
        ],
        batch_size=_BATCH,
    )
    PartyUnit.objects.bulk_create(
        [
            PartyUnit(
                party=row,
                unit_id=title.unit,
                label=title.label,
                building=title.building,
                entrance=title.entrance,
                floor=title.floor,
                area=title.area or 0,
            )
            for row, party in zip(rows, parties, strict=True)
            for title in party.titles
        ],
        batch_size=_BATCH,
    )
    made_by = {"by": manifest.HOST, "name": _HOST}
    if maker is not None:
        made_by = {"by": manifest.OUTSIDE, "name": maker.name}
    return _Roll(rows, lines, secrets, made_by)


def _party_row(session: Session, party: VotingParty, chosen: Suite, issued: _Issued) -> Party:
    salt = token_bytes(roll.SALT_SIZE)
    identity = {
        "units": [[title.label, title.area] for title in party.titles],
        "owners": sorted(holder.document_hash for holder in party.holders),
    }
    return Party(
        session=session,
        number=party.number,
        area=party.area,
        why=party.why,
        is_developer=party.why == "developer",
        name=shown_name(party),
        phone=party.phone,
        document_tails=tails((holder.name, holder.last_six) for holder in party.voters),
        salt=salt.hex(),
        commitment=roll.commitment(chosen, salt, identity),
        key=b64(issued.key),
        current_key=b64(issued.key),
        serial=issued.serial,
    )


def _shares(
    motions: Sequence[Motion],
    parties: Sequence[VotingParty],
    tables: Mapping[int, ShareTable],
) -> dict[int, Sequence[int]]:
    """Motion id → fen of each party, where the motion costs something."""
    areas = party_areas(parties)
    return {motion.pk: tables[motion.pk](areas) for motion in motions if motion.pk in tables}


def _write_shares(
    motions: Sequence[Motion], shares: Mapping[int, Sequence[int]], rows: Sequence[Party]
) -> None:
    MotionShare.objects.bulk_create(
        [
            MotionShare(motion=motion, party=row, fen=fen)
            for motion in motions
            if motion.pk in shares
            for row, fen in zip(rows, shares[motion.pk], strict=True)
        ],
        batch_size=_BATCH,
    )


# --- terms, key and board ---------------------------------------------------------------


def _set_terms(session: Session, values: Mapping[str, RuleValue], at: datetime) -> None:
    if session.rehearsal:
        # Needs no notice; whatever shows the title, the manifest included, says what it is.
        session.notice_on = session.notice_on or local_day(at)
        session.title = f"【演练】{session.title}"[:_TITLE_LENGTH]
    session.profile = frozen(values)


def _open_board(
    session: Session, motions: Sequence[Motion], letters: _Roll, at: datetime
) -> None:
    """Write the manifest as entry 0 of the board."""
    if session.closes_at is None:
        raise ValueError("a session is frozen with its times")
    chosen = suite(session.suite)
    keys = _trustees(session, chosen, local_day(session.closes_at))
    _publish_candidates(motions)
    terms = manifest.parse(_manifest(session, motions, letters, keys))
    log = locked_log(board_name(session.code), hash_name=chosen.hash_name)
    append_to(log, "manifest", terms.value, at=at)
    session.board = log
    session.manifest = canonical(terms.value)
    session.manifest_hash = terms.hash.hex()
    session.frozen_at = at
    session.state = "frozen"
    session.save()
    checkpoint_board(session, at=at)


@sensitive_variables("secret")
def _trustees(session: Session, chosen: Suite, closes_on: date) -> dict[str, Any]:
    """The manifest's field: the keys of the ceremony, or one that is made for the platform."""
    held = ceremony_of(session)
    if held is not None:
        return ceremony.outcome(transcript_of(held))
    secret = draw_scalar(chosen.order)
    TrusteeKey.objects.create(
        session=session,
        index=1,
        secret=f"{secret:064x}",
        destroy_on=closes_on + timedelta(days=_KEY_DAYS),
    )
    return trustees.alone(chosen, session.code, secret, name=_PLATFORM)


def _manifest(
    session: Session, motions: Sequence[Motion], letters: _Roll, keys: dict[str, Any]
) -> dict[str, Any]:
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a session is frozen with its times")
    board_key = Ed25519PrivateKey.from_private_bytes(settings.BOARD_KEY).public_key()
    stated = session.profile.get("challenge_hours")
    witnesses, needed = asked_to_witness(session)
    requires = requirements_of(session)
    return {
        "format": manifest.FORMAT,
        "suite": session.suite,
        "session": session.code,
        "title": session.title,
        "estate": session.estate.name,
        "division": session.estate.division_id,
        "organiser": session.organiser,
        "motions": [_motion(motion, requires[motion.position]) for motion in motions],
        "quorum": {"area": [2, 3], "heads": [2, 3]},  # Civil Code art. 278 para. 2
        "profile": {
            "code": session.profile_code,
            "sha256": sha256(canonical(session.profile)).hexdigest(),
        },
        "roll": {
            "root": roll.root(suite(session.suite), letters.lines),
            "heads": len(letters.rows),
            "area": sum(row.area for row in letters.rows),
        },
        "opens_at": stamp(session.opens_at),
        "closes_at": stamp(session.closes_at),
        "revote": session.revote,
        "trustees": keys,
        "opening_policy": session.opening_policy,
        "board_key": b64(board_key.public_bytes_raw()),
        "witnesses": witnesses,
        "witnesses_needed": needed,
        "bundle": _bundle_hash(),
        # A rehearsal decides nothing that could be objected to.
        "challenge_hours": stated["value"] if stated and not session.rehearsal else 0,
        "paper": session.paper,
        "silence": _silence(session),
        "letters": letters.made_by,
    }


def _silence(session: Session) -> dict[str, str] | None:
    if not session.silence_clause:
        return None
    return {
        "rule": "majority",
        "clause": session.silence_clause,
        "page": session.silence_page,
    }


def _motion(motion: Motion, requires: Sequence[int]) -> dict[str, Any]:
    common = {
        "id": str(motion.position),
        "matter": motion.matter,
        "title": motion.title,
        "text": motion.text,
        "approval": majority_for(motion.matter).value,
        "requires": [str(position) for position in requires],
        "attachments": [
            {"name": attachment.name, "sha256": attachment.sha256}
            for attachment in motion.attachments.only("name", "sha256").order_by("pk")
        ],
    }
    if is_election(motion):
        return common | _election(motion.election)
    options = list(manifest.QUESTION_OPTIONS)
    return common | {
        "kind": "question",
        "options": options,
        "min": 1,
        "max": 1,
        "election": None,
    }


def _election(election: Election) -> dict[str, Any]:
    options = [str(place) for place in range(1, election.candidates.count() + 1)]
    ranking, stands = None, None
    if election.ranking:
        ranking = {"by": election.ranking, "clause": election.ranking_clause}
    if election.minimum is not None:
        stands = {"minimum": election.minimum, "clause": election.minimum_clause}
    return {
        "kind": "election",
        "options": options,
        "min": 0,
        "max": min(election.seats, len(options)),
        "election": {
            "seats": election.seats,
            "alternates": min(election.alternates, len(options)),
            "ranking": ranking,
            "stands": stands,
        },
    }


def _publish_candidates(motions: Sequence[Motion]) -> None:
    """What was consented to, as a file of the motion: the manifest pins it by its hash."""
    for motion in motions:
        if is_election(motion):
            content = canonical(candidates_file(motion.election))
            motion.attachments.create(
                name="候选人和抽签.json",
                content_type="application/json",
                content=content,
                sha256=sha256(content).hexdigest(),
            )


def _bundle_hash() -> str:
    """SHA-256 of the script served to owners' browsers; zeros where none is served."""
    path = finders.find(_BUNDLE)
    if not path:
        return _NO_BUNDLE
    with open(path, "rb") as file:
        return sha256(file.read()).hexdigest()
