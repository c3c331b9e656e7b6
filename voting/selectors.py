"""Every read of a vote. Nothing here returns a choice, or a count before the close."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

from django.db.models import Count, F, Max, Prefetch, Q, QuerySet, Sum

from core.canonical import parse_canonical
from core.codes import ALPHABET, read_code
from core.deadlines import floor_ten_minutes
from logbook import selectors as logs
from logbook.models import Log
from registry.domain.rooms import natural
from registry.models import Estate
from registry.selectors import authority_chain
from voting.domain.results import Ballots, Question, SessionResult, session_result
from voting.domain.thresholds import Count as Heads
from voting.domain.thresholds import Majority
from voting.models import (
    Ballot,
    KeyCeremony,
    Motion,
    Party,
    PartyUnit,
    Ruling,
    Session,
    Witness,
    Witnessing,
)
from voting.models import MotionShare as ShareRow
from voting.protocol import ceremony, consistency, late, manifest
from voting.protocol.ceremony import Ceremony
from voting.protocol.manifest import Manifest
from voting.protocol.shape import b64

Phase = Literal["draft", "announced", "open", "closed", "counted", "resolved", "cancelled"]
_RECEIPT_CODE = 12


class HeadLine(NamedTuple):
    """One head of the "why one head" list; areas in 0.01 m²."""

    number: int
    why: str  # one_unit | several_units | joint | developer
    units: tuple[tuple[str, int], ...]  # label, area
    area: int


class Turnout(NamedTuple):
    """Who took part, in one place; building and entrance are "" for the whole roll.

    A party with units in several places stands in each of them with its area there, so
    only the first line (the whole roll) has heads that add up to the roll's.
    """

    building: str
    entrance: str
    heads: int
    heads_voted: int
    area: int
    area_voted: int


class MotionShare(NamedTuple):
    """A motion, and what the party would pay if it passes (fen; None: no money)."""

    motion: Motion
    fen: int | None


class BallotTerms(NamedTuple):
    """What the party's next ballot must carry, for the page that encrypts it."""

    manifest: dict[str, Any]
    party: int
    number: int
    previous: str
    key: str


class Progress(NamedTuple):
    """How far a session is; areas in 0.01 m². Participation only, never a count."""

    phase: Phase
    heads: int
    heads_voted: int
    area: int
    area_voted: int
    ballots: int


class LateRuling(NamedTuple):
    """A party excluded after the count; per motion the verdicts it can end in, best first."""

    party: int
    stands: bool
    results: tuple[tuple[Motion, tuple[str, ...]], ...]


# --- sessions ---------------------------------------------------------------------------


def phase(session: Session, at: datetime) -> Phase:
    """Where a session stands by its state and the clock."""
    if session.state != "frozen":
        return cast(Phase, session.state)
    if session.opens_at is None or session.closes_at is None:
        raise ValueError("a frozen session has its times")
    if at < session.opens_at:
        return "announced"
    return "open" if at < session.closes_at else "closed"


def sessions_of(estate_id: int) -> QuerySet[Session]:
    """The sessions of an estate, the newest first."""
    return Session.objects.filter(estate_id=estate_id).order_by("-pk")


def session_by_code(code: str) -> Session | None:
    """The session of a public code, drafts excluded."""
    found = Session.objects.exclude(state="draft").select_related("estate")
    return found.filter(code=code.strip().upper()).first()


def terms(session: Session) -> Manifest:
    """The manifest a frozen session is held under. Read once per process: it never changes."""
    return _terms(session.pk, session.manifest_hash)


@lru_cache(maxsize=32)
def _terms(session_id: int, manifest_hash: str) -> Manifest:
    stored = Session.objects.values_list("manifest", flat=True).get(
        pk=session_id, manifest_hash=manifest_hash
    )
    return manifest.parse(parse_canonical(bytes(stored)))


def progress(session: Session, at: datetime) -> Progress:
    """How many have taken part so far."""
    voted = Q(ballots__gt=0)
    sums = session.parties.aggregate(
        heads=Count("pk"),
        heads_voted=Count("pk", filter=voted),
        # Before `area`: an aggregate of that name would hide the column.
        area_voted=Sum("area", filter=voted, default=0),
        area=Sum("area", default=0),
        ballots=Sum("ballots", default=0),
    )
    return Progress(phase=phase(session, at), **sums)


# --- one party --------------------------------------------------------------------------


def motions_with_shares(party: Party) -> list[MotionShare]:
    """The motions in order, each with the party's share of its cost."""
    shares = dict(ShareRow.objects.filter(party=party).values_list("motion_id", "fen"))
    motions = Motion.objects.filter(session_id=party.session_id).prefetch_related("attachments")
    return [MotionShare(motion, shares.get(motion.pk)) for motion in motions]


def ballot_terms(party: Party) -> BallotTerms:
    """What the next ballot of the party must carry; the state may have moved when it comes."""
    return BallotTerms(
        manifest=terms(party.session).value,
        party=party.number,
        number=party.ballots + 1,
        previous=party.last_digest,
        key=party.current_key,
    )


def receipt_by_code(code: str) -> Ballot | None:
    """The recorded ballot of a receipt's code, with its session and party."""
    plain = read_code(code, _RECEIPT_CODE)
    if plain is None:
        return None
    found = Ballot.objects.select_related("session__estate", "party")
    return found.filter(receipt_code=plain).first()


def last_ballot(party: Party) -> Ballot | None:
    """The party's ballot that stands, unless a ruling excludes it."""
    return Ballot.objects.filter(party=party).order_by("-number").first()


def receipt_state(ballot: Ballot) -> str:
    """Where a ballot stands, never what is in it.

    recorded | replaced | excluded | excluded_late (after the count: the totals hold it still).
    """
    if ballot.number < ballot.party.ballots:
        return "replaced"
    if ballot.party.number in excluded_parties(ballot.session):
        return "excluded"
    late_ones = late_excluded(ballot.session)
    return "excluded_late" if ballot.party.number in late_ones else "recorded"


def ballot_of_number(number: str) -> Ballot | None:
    """The ballot of a receipt's number (16 Crockford characters, 80 bits of the digest)."""
    value = 0
    for character in number:
        value = value * 32 + ALPHABET.index(character)
    # A range, for not every database finds the beginning of a text by its index; g is after f.
    first = f"{value:020x}"
    found = Ballot.objects.filter(digest__gte=first, digest__lt=f"{first}g")
    return found.order_by("digest").first()


def ballot_at(session_code: str, seq: int, digest: str) -> Ballot | None:
    """The ballot at a place of a board, to whoever names its digest too."""
    found = Ballot.objects.select_related("session__board", "party")
    return found.filter(session__code=session_code, seq=seq, digest=digest).first()


# --- the roll and who took part ---------------------------------------------------------


def why_one_head(session: Session) -> Iterator[HeadLine]:
    """Every head with its units and the reason; sums are the manifest's heads and area."""
    units = Prefetch("units", queryset=PartyUnit.objects.order_by("pk"))
    parties = session.parties.only("number", "why", "area").prefetch_related(units)
    for party in parties.order_by("number").iterator(chunk_size=500):
        yield HeadLine(
            party.number,
            party.why,
            tuple((unit.label, unit.area) for unit in party.units.all()),
            party.area,
        )


def turnout(session: Session) -> list[Turnout]:
    """The whole roll first, then by building and entrance in walking order."""
    voted = Q(party__ballots__gt=0)
    places = (
        PartyUnit.objects.filter(party__session=session)
        .values("building", "entrance")
        .annotate(
            heads=Count("party", distinct=True),
            heads_voted=Count("party", filter=voted, distinct=True),
            place_area=Sum("area", default=0),
            place_voted=Sum("area", filter=voted, default=0),
        )
        .order_by("building", "entrance")
    )
    lines = [Turnout(*row) for row in places.values_list(*_PLACE)]
    lines.sort(key=lambda line: (natural(line.building), natural(line.entrance)))
    whole = session.parties.aggregate(
        heads=Count("pk"),
        heads_voted=Count("pk", filter=Q(ballots__gt=0)),
        area_voted=Sum("area", filter=Q(ballots__gt=0), default=0),
        area=Sum("area", default=0),
    )
    return [Turnout(building="", entrance="", **whole), *lines]


_PLACE = ("building", "entrance", "heads", "heads_voted", "place_area", "place_voted")


def not_yet_voted(session: Session) -> Sequence[Party]:
    """The parties without a ballot, with their units, in walking order (by number)."""
    return list(session.parties.filter(ballots=0).order_by("number").prefetch_related("units"))


def took_part(session: Session) -> Sequence[Party]:
    """The parties with a ballot: owners see their rooms before the count."""
    return list(
        session.parties.filter(ballots__gt=0).order_by("number").prefetch_related("units")
    )


def parties_with_room(session: Session, search: str) -> QuerySet[Party]:
    """Parties one of whose rooms has this in its label, by number, with their rooms."""
    found = session.parties.filter(units__label__icontains=search).distinct()
    return found.order_by("number").prefetch_related("units")


# --- the board --------------------------------------------------------------------------


def board_of(session: Session) -> Log:
    """The session's board."""
    if session.board is None:
        raise ValueError("a draft has no board")
    return session.board


def body_of(session: Session, kind: str) -> dict[str, Any] | None:
    """The body of the one entry of a kind (close, tally, result, resolution)."""
    for line in logs.lines(board_of(session), kinds=[kind]):
        body: dict[str, Any] = parse_canonical(line)["body"]
        return body
    return None


def closed_at(session: Session) -> datetime:
    """The time the close entry bears. ValueError before the close."""
    for line in logs.lines(board_of(session), kinds=["close"]):
        return datetime.fromisoformat(parse_canonical(line)["time"])
    raise ValueError("this session is not closed")


def countable_from(session: Session) -> datetime:
    """When objections to the list of who took part are over. ValueError before the close."""
    return closed_at(session) + timedelta(hours=terms(session).challenge_hours)


def excluded_parties(session: Session) -> set[int]:
    """The numbers of parties whose ballots a ruling excludes."""
    rulings = logs.lines(board_of(session), kinds=["ruling"])
    return {parse_canonical(line)["body"]["party"] for line in rulings}


def challenge_ends(session: Session) -> datetime:
    """Until when the list of who took part can be objected to; nothing is opened before.

    ValueError before the close.
    """
    return closed_at(session) + timedelta(hours=terms(session).challenge_hours)


def open_rulings(session: Session) -> QuerySet[Ruling]:
    """Proposals that wait for a second person; the count waits for them too."""
    return Ruling.objects.filter(session=session, state="proposed")


def rulings_of(session: Session) -> QuerySet[Ruling]:
    """Every proposal and ruling of a session, the oldest first; without their papers."""
    found = Ruling.objects.filter(session=session).select_related("party")
    return found.defer("content").prefetch_related("party__units")


def ruling_on(party: Party) -> Ruling | None:
    """The confirmed ruling that excludes this party, for its own page."""
    return party.rulings.filter(state="confirmed").defer("content").first()


def late_rulings(session: Session) -> list[LateRuling]:
    """What was excluded after the count, in order, with what each was found to change."""
    motions = list(session.motions.all())
    found = []
    for line in logs.lines(board_of(session), kinds=["late_ruling"]):
        body = parse_canonical(line)["body"]
        found.append(late_ruling(body["party"], body, motions))
    return found


def late_ruling(party: int, found: Mapping[str, Any], motions: Sequence[Motion]) -> LateRuling:
    """A finding of the protocol with the motions it is about."""
    results = [tuple(motion["results"]) for motion in found["motions"]]
    pairs = tuple(zip(motions, results, strict=True))
    return LateRuling(party, found["finding"] == "stands", pairs)


def late_excluded(session: Session) -> set[int]:
    """The numbers of parties excluded after the count: their ballots are in the totals."""
    entries = logs.lines(board_of(session), kinds=["late_ruling"])
    return {parse_canonical(line)["body"]["party"] for line in entries}


def late_finding(session: Session, number: int) -> dict[str, Any]:
    """What excluding this party too would change: `finding` and `motions` of its entry.

    From totals and from who took part alone; nothing is opened. ValueError before the count.
    """
    result = body_of(session, "result")
    if result is None:
        raise ValueError("this session is not counted")
    parties = session.parties.filter(
        number__in=late_excluded(session) | {number}, last_seq__isnull=False
    )
    areas = {party.last_seq: party.area for party in parties if party.last_seq is not None}
    out = [
        late.excluded(areas[seq], parse_canonical(line)["body"]["answers"])
        for seq, line in logs.lines_at(board_of(session), areas)
    ]
    return late.finding(terms(session), result["motions"], out)


def board_proof(session: Session, seq: int) -> dict[str, Any] | None:
    """Entry, manifest line, inclusion path and checkpoint, as the check page wants them.

    None where the board has no such entry. Without a covering checkpoint: size 0, an empty
    path and null.
    """
    board = board_of(session)
    found = logs.inclusion(board, seq)
    if found is None:
        return None
    covering = found.checkpoint
    first = logs.line_at(board, 0) or b""
    return {
        "manifest": first.decode(),
        "entry": found.line.decode(),
        "size": covering.size if covering else 0,
        "path": [step.hex() for step in found.path],
        "checkpoint": parse_canonical(logs.cosigned_line(covering)) if covering else None,
    }


# --- witnesses --------------------------------------------------------------------------


class WitnessLine(NamedTuple):
    """A witness of a session, and how many entries its last cosignature covers (0: none)."""

    name: str
    key: str
    size: int


class Witnessed(NamedTuple):
    """How far a board is witnessed: `size` entries must be covered by `needed` witnesses."""

    needed: int
    size: int
    lines: tuple[WitnessLine, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Who vouches for all of it: a witness signs only what continues what it signed."""
        return tuple(line.name for line in self.lines if line.size >= self.size)

    @property
    def enough(self) -> bool:
        return len(self.names) >= self.needed


def possible_witnesses(estate: Estate) -> list[Witness]:
    """The keys in force of the authorities responsible for an estate, nearest first."""
    found = (key_of_witness(authority.pk) for authority in authority_chain(estate))
    return [one for one in found if one is not None]


def key_of_witness(authority_id: int) -> Witness | None:
    """The key an authority witnesses with: the one registered last."""
    rows = Witness.objects.filter(authority_id=authority_id).select_related("authority")
    return rows.order_by("pk").last()


def witnessing_of(session: Session) -> Witnessing | None:
    """Whom a draft asks; None where nobody was thought of."""
    return Witnessing.objects.filter(session=session).first()


def asked_to_witness(session: Session) -> tuple[list[str], int]:
    """(public keys, how many are needed) as a draft's manifest would name them."""
    row = witnessing_of(session)
    if row is None:
        return [], 0
    asked = (key_of_witness(pk) for pk in row.asked.order_by("pk").values_list("pk", flat=True))
    return [one.key for one in asked if one is not None], row.needed


def witnessed(session: Session, *, size: int | None = None) -> Witnessed | None:
    """Who vouches for the first `size` entries, by default for all a checkpoint covers.

    None where the manifest names no witness, or the session was called off without one.
    """
    if session.board is None or not (frozen := terms(session)).witnesses:
        return None
    board = session.board
    if size is None:
        last = logs.last_checkpoint(board)
        size = last.size if last else 0
    keys = [b64(key) for key in frozen.witnesses]
    names = dict(Witness.objects.filter(key__in=keys).values_list("key", "authority__name"))
    covered = logs.cosigned_to(board)
    lines = tuple(WitnessLine(names[key], key, covered.get(key, 0)) for key in keys)
    return Witnessed(frozen.witnesses_needed, size, lines)


def witnessed_close(session: Session) -> Witnessed | None:
    """Who vouches for the record as it stood when the vote was over, ballots and all."""
    seq = board_of(session).entries.filter(kind="close").values_list("seq", flat=True).get()
    return witnessed(session, size=seq + 1)


def consistency_file(session: Session, old: int, new: int) -> dict[str, Any] | None:
    """What a witness needs beside the checkpoints, from one checkpoint's size to another's.

    Hashes and the manifest only. None where either is no checkpoint's size.
    """
    board = board_of(session)
    sizes = set(board.checkpoints.filter(size__in=[old, new]).values_list("size", flat=True))
    if not sizes.issuperset({old, new}) or old > new:
        return None
    first = logs.line_at(board, 0) or b""
    return consistency.make(first, old, new, logs.consistency(board, old, new))


# --- who keeps the keys -----------------------------------------------------------------


class Delivery(NamedTuple):
    """A trustee, and whether the share has come."""

    number: int
    name: str
    delivered: bool


def ceremony_of(session: Session) -> KeyCeremony | None:
    """The session's trustees; None where the platform has the only key."""
    return KeyCeremony.objects.filter(session=session).prefetch_related("holders").first()


def transcript_of(row: KeyCeremony) -> Ceremony:
    """The ceremony with its complete rounds, every message checked again."""
    current = ceremony.parse(parse_canonical(bytes(row.terms)))
    holders = list(row.holders.all())
    for field in ROUND_FIELDS:
        sent = [bytes(getattr(holder, field)) for holder in holders]
        if not all(sent):
            break
        current = ceremony.advance(current, [parse_canonical(line) for line in sent])
    return current


ROUND_FIELDS = ("certificate", "reveal", "confirmation")


def deliveries(session: Session) -> list[Delivery]:
    """Who of the trustees has opened, in order; the board is the record."""
    came = {
        parse_canonical(line)["body"]["trustee"]
        for line in logs.lines(board_of(session), kinds=["decryption"])
    }
    return [
        Delivery(trustee.index, trustee.name, trustee.index in came)
        for trustee in terms(session).trustees
    ]


# --- the result -------------------------------------------------------------------------


def result_of(session: Session) -> SessionResult:
    """The result of a counted session. ValueError before it is counted."""
    body = body_of(session, "result")
    if body is None:
        raise ValueError("this session is not counted")
    frozen = terms(session)
    motions = list(session.motions.all())
    questions = [
        Question(
            key=term.id,
            position=motion.position,
            matter=term.matter,
            title=motion.title,
            text=motion.text,
            required=Majority(term.approval),
        )
        for term, motion in zip(frozen.motions, motions, strict=True)
    ]
    out = excluded_parties(session)
    counted = Ballot.objects.filter(session=session, seq=F("party__last_seq")).exclude(
        party__number__in=out
    )
    sums = counted.aggregate(
        counted=Count("pk"),
        by_browser=Count("pk", filter=Q(encrypted_by="browser")),
        by_server=Count("pk", filter=Q(encrypted_by="server")),
        replacement=Count("pk", filter=Q(replacement=True)),
        area=Sum("party__area", default=0),
    )
    area = sums.pop("area")
    return session_result(
        roll=Heads(frozen.roll_heads, frozen.roll_area),
        participating=Heads(sums["counted"], area),
        questions=questions,
        body=body,
        ballots=Ballots(**sums, excluded=len(out)),
    )


# --- what is due ------------------------------------------------------------------------


def due_to_close(at: datetime) -> QuerySet[Session]:
    """Sessions whose time is over and that nobody has closed."""
    return Session.objects.filter(state="frozen", closes_at__lte=at)


def due_to_count(at: datetime) -> QuerySet[Session]:
    """Closed sessions without a tally; whether objections are over the command says."""
    waiting = Q(ceremony__tallied_at__isnull=True)  # true where there is no ceremony, too
    return Session.objects.filter(waiting, state="closed", closes_at__lte=at)


def due_to_resolve() -> QuerySet[Session]:
    """Counted sessions without a resolution."""
    return Session.objects.filter(state="counted")


def open_sessions(at: datetime) -> QuerySet[Session]:
    """Sessions in which owners can vote."""
    return Session.objects.filter(state="frozen", opens_at__lte=at, closes_at__gt=at)


def to_tell_opened(at: datetime) -> QuerySet[Session]:
    """Sessions that are open and whose owners were not told yet."""
    return open_sessions(at).filter(opened_told_at__isnull=True)


def to_remind(at: datetime) -> QuerySet[Session]:
    """Open sessions with three days left or less, and nobody reminded."""
    soon = at + timedelta(days=3)
    return open_sessions(at).filter(closes_at__lte=soon, reminded_at__isnull=True)


def to_tell_result() -> QuerySet[Session]:
    """Sessions whose result nobody was told yet."""
    return Session.objects.filter(state="resolved", result_told_at__isnull=True)


def uncovered(at: datetime) -> QuerySet[Session]:
    """Sessions whose board has grown since a checkpoint of an earlier ten minutes."""
    covered = Max("board__checkpoints__size")
    signed_at = Max("board__checkpoints__time")
    return (
        Session.objects.filter(board__isnull=False)
        .annotate(covered=covered, signed_at=signed_at)
        .filter(board__size__gt=F("covered"), signed_at__lt=floor_ten_minutes(at))
    )
