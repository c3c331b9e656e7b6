"""The manifest (§4): everything a vote is held under; its hash M is in every proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from core.canonical import canonical
from voting.domain.elections import Ranking, Terms
from voting.domain.thresholds import Majority, majority_for

from . import schnorr
from .group import Point
from .shape import Shape
from .suite import SUITES, Suite, suite

FORMAT = "yishi-manifest-1"
QUESTION_OPTIONS = ("for", "against", "abstain")
HOST, OUTSIDE = "host", "outside"  # who drew the letters' tokens and printed them
_CHECK = Shape("manifest")
_MOST_TRUSTEES = 20
_MOST_HOURS = 24 * 366
_MOST_SEATS = 1000


class Motion(NamedTuple):
    """One motion. `low`..`high`: how many options one ballot chooses; `election`: its terms."""

    id: str
    matter: int
    kind: str
    options: tuple[str, ...]
    low: int
    high: int
    approval: str
    requires: tuple[str, ...]
    election: Terms | None


@dataclass(frozen=True)
class Trustee:
    """One key share's public side. `proof`: of possession, 97 bytes, checked by `trustees`."""

    index: int
    name: str
    key: Point
    encoded: bytes
    proof: bytes


@dataclass(frozen=True)
class Manifest:
    """A manifest that was read and found well-formed. `hash` is M, `value` the JSON object."""

    value: dict[str, Any]
    hash: bytes
    suite: Suite
    session: str
    motions: tuple[Motion, ...]
    roll_root: bytes
    roll_heads: int
    roll_area: int  # 0.01 m²
    opens_at: str
    closes_at: str
    revote: bool
    threshold: int
    trustees: tuple[Trustee, ...]
    election_key: Point
    opening_policy: str
    board_key: bytes
    witnesses: tuple[bytes, ...]
    witnesses_needed: int
    challenge_hours: int
    paper: bool
    silence: bool  # a cited rule deems the silent to have voted


def parse(value: Any) -> Manifest:
    """Read a manifest from its JSON value. Raises Refused("manifest", …)."""
    check = _CHECK
    check.fields(
        value,
        "manifest",
        *("format", "suite", "session", "title", "estate", "division", "organiser"),
        *("motions", "quorum", "profile", "roll", "opens_at", "closes_at", "revote"),
        *("trustees", "opening_policy", "board_key", "witnesses", "witnesses_needed"),
        *("bundle", "challenge_hours", "paper", "silence", "letters"),
    )
    check.equal(value["format"], "format", FORMAT)
    chosen = suite(check.one_of(value["suite"], "suite", *SUITES))
    for field in ("title", "estate", "organiser"):
        check.text(value[field], field)
    check.text(value["division"], "division", r"\d{12}")
    check.hash(value["bundle"], "bundle")
    _quorum_and_profile(value)
    letters = check.fields(value["letters"], "letters", "by", "name")
    check.one_of(letters["by"], "letters.by", HOST, OUTSIDE)
    check.text(letters["name"], "letters.name")
    opens_at = check.time(value["opens_at"], "opens_at")
    closes_at = check.time(value["closes_at"], "closes_at")
    if opens_at >= closes_at:
        raise check.refuse("closes_at", "not after opens_at")
    roll = check.fields(value["roll"], "roll", "root", "heads", "area")
    witnesses = _witnesses(value)
    threshold, trustees, election_key = _trustees(chosen, value["trustees"])
    return Manifest(
        value=value,
        hash=chosen.hash(canonical(value)),
        suite=chosen,
        session=check.text(value["session"], "session", r"[A-Z0-9-]{6,16}"),
        motions=_motions(value["motions"]),
        roll_root=check.hash(roll["root"], "roll.root"),
        roll_heads=check.integer(roll["heads"], "roll.heads"),
        roll_area=check.integer(roll["area"], "roll.area"),
        opens_at=opens_at,
        closes_at=closes_at,
        revote=check.boolean(value["revote"], "revote"),
        threshold=threshold,
        trustees=trustees,
        election_key=election_key,
        opening_policy=check.one_of(
            value["opening_policy"], "opening_policy", "secret", "named"
        ),
        board_key=check.data(value["board_key"], "board_key", 32),
        witnesses=witnesses,
        witnesses_needed=check.integer(
            value["witnesses_needed"], "witnesses_needed", 0, len(witnesses)
        ),
        challenge_hours=check.integer(
            value["challenge_hours"], "challenge_hours", 0, _MOST_HOURS
        ),
        paper=check.boolean(value["paper"], "paper"),
        silence=_silence(value["silence"]),
    )


def _quorum_and_profile(value: dict[str, Any]) -> None:
    quorum = _CHECK.fields(value["quorum"], "quorum", "area", "heads")
    for side in ("area", "heads"):
        # Civil Code 278 para. 2: two thirds of area and two thirds of heads take part
        _CHECK.equal(quorum[side], f"quorum.{side}", [2, 3])
    profile = _CHECK.fields(value["profile"], "profile", "code", "sha256")
    _CHECK.text(profile["code"], "profile.code")
    _CHECK.hash(profile["sha256"], "profile.sha256")


def _silence(value: Any) -> bool:
    if value is None:
        return False
    _CHECK.fields(value, "silence", "rule", "clause", "page")
    _CHECK.equal(value["rule"], "silence.rule", "majority")
    _CHECK.text(value["clause"], "silence.clause")
    _CHECK.text(value["page"], "silence.page")
    return True


def _witnesses(value: dict[str, Any]) -> tuple[bytes, ...]:
    items = _CHECK.items(value["witnesses"], "witnesses")
    keys = tuple(_CHECK.data(item, "witnesses", 32) for item in items)
    if len(set(keys)) != len(keys):
        raise _CHECK.refuse("witnesses", "a key occurs twice")
    return keys


def _motions(value: Any) -> tuple[Motion, ...]:
    items = _CHECK.items(value, "motions", 1)
    motions = tuple(_motion(item, f"motions[{n}]") for n, item in enumerate(items))
    ids = [motion.id for motion in motions]
    if len(set(ids)) != len(ids):
        raise _CHECK.refuse("motions", "an id occurs twice")
    for n, motion in enumerate(motions):
        others = set(ids) - {motion.id}
        if not others.issuperset(motion.requires) or len(set(motion.requires)) != len(
            motion.requires
        ):
            raise _CHECK.refuse(f"motions[{n}].requires", "not ids of other motions, each once")
    return motions


def _motion(value: Any, where: str) -> Motion:
    check = _CHECK
    check.fields(
        value,
        where,
        *("id", "matter", "kind", "title", "text", "options", "min", "max"),
        *("approval", "requires", "attachments", "election"),
    )
    check.text(value["title"], f"{where}.title")
    check.text(value["text"], f"{where}.text")
    for item in check.items(value["attachments"], f"{where}.attachments"):
        attachment = check.fields(item, f"{where}.attachments", "name", "sha256")
        check.text(attachment["name"], f"{where}.attachments.name")
        check.hash(attachment["sha256"], f"{where}.attachments.sha256")
    kind = check.one_of(value["kind"], f"{where}.kind", "question", "election")
    options = tuple(
        check.text(option, f"{where}.options")
        for option in check.items(value["options"], f"{where}.options", 1)
    )
    if kind == "question":
        if options != QUESTION_OPTIONS:
            raise check.refuse(f"{where}.options", "not for, against, abstain")
        check.equal(value["election"], f"{where}.election", None)
        low, high, terms = 1, 1, None
    else:
        if len(set(options)) != len(options):
            raise check.refuse(f"{where}.options", "a candidate occurs twice")
        terms = _election(value["election"], f"{where}.election", len(options))
        low, high = 0, min(terms.seats, len(options))
    check.equal(value["min"], f"{where}.min", low)
    check.equal(value["max"], f"{where}.max", high)
    matter = check.integer(value["matter"], f"{where}.matter", 1, 9)
    approval = check.one_of(value["approval"], f"{where}.approval", "1/2", "3/4")
    # an estate's own rules may ask for more than Civil Code 278 para. 2, never for less
    if majority_for(matter) is Majority.THREE_QUARTERS and approval != "3/4":
        raise check.refuse(f"{where}.approval", "this matter needs 3/4")
    return Motion(
        id=check.text(value["id"], f"{where}.id"),
        matter=matter,
        kind=kind,
        options=options,
        low=low,
        high=high,
        approval=approval,
        requires=tuple(
            check.text(item, f"{where}.requires")
            for item in check.items(value["requires"], f"{where}.requires")
        ),
        election=terms,
    )


def _election(value: Any, where: str, candidates: int) -> Terms:
    """Seats, alternates, and the rules of the estate that are cited (null where none is)."""
    check = _CHECK
    check.fields(value, where, "seats", "alternates", "ranking", "stands")
    seats = check.integer(value["seats"], f"{where}.seats", 1, _MOST_SEATS)
    ranking, minimum = None, None
    if value["ranking"] is not None:
        cited = check.fields(value["ranking"], f"{where}.ranking", "by", "clause")
        rules = [rule.value for rule in Ranking]
        ranking = Ranking(check.one_of(cited["by"], f"{where}.ranking.by", *rules))
        check.text(cited["clause"], f"{where}.ranking.clause")
    if value["stands"] is not None:
        cited = check.fields(value["stands"], f"{where}.stands", "minimum", "clause")
        minimum = check.integer(cited["minimum"], f"{where}.stands.minimum", 1, seats)
        check.text(cited["clause"], f"{where}.stands.clause")
    return Terms(
        seats=seats,
        alternates=check.integer(value["alternates"], f"{where}.alternates", 0, candidates),
        ranking=ranking,
        minimum=minimum,
    )


def _trustees(chosen: Suite, value: Any) -> tuple[int, tuple[Trustee, ...], Point]:
    check = _CHECK
    check.fields(value, "trustees", "threshold", "keys", "election_key")
    keys = check.items(value["keys"], "trustees.keys", 1, _MOST_TRUSTEES)
    threshold = check.integer(value["threshold"], "trustees.threshold", 1, len(keys))
    trustees = []
    for index, item in enumerate(keys, start=1):
        where = f"trustees.keys[{index - 1}]"
        check.fields(item, where, "index", "name", "key", "proof")
        check.equal(item["index"], f"{where}.index", index)
        encoded = check.data(item["key"], f"{where}.key", 65)
        trustees.append(
            Trustee(
                index,
                check.text(item["name"], f"{where}.name"),
                check.point_of(chosen, encoded, f"{where}.key"),
                encoded,
                check.data(item["proof"], f"{where}.proof", schnorr.SIZE),
            )
        )
    election_key = check.point(chosen, value["election_key"], "trustees.election_key")
    return threshold, tuple(trustees), election_key
