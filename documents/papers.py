"""What a paper says: frozen facts, filled by the caller, printed by the templates.

No Django, no clock, no database. Shapes and units, everywhere in this module:

* heads: ``int``; area: ``int`` of 0.01 m²; money: ``int`` fen; never a float;
* a moment is an aware ``datetime`` (printed in Asia/Shanghai), a day is a ``date``;
* a text is what is printed, already in the words of the reader;
* ``code`` is 12 Crockford characters without hyphens (``7K4M2QXH9T3W``); papers print
  it in three groups.

Letters carry the voting token. Its field is kept out of ``repr`` so that it cannot slip
into a log or a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

Result = Literal["passed", "rejected", "no_quorum"]
Approval = Literal["1/2", "3/4"]
OpeningPolicy = Literal["secret", "named"]


class Count(NamedTuple):
    """A pair that is never torn apart: heads and area in 0.01 m²."""

    heads: int
    area: int


NOTHING = Count(0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperFacts:
    """What every signed paper needs, whatever it is about."""

    number: str
    """Document number as printed, e.g. ``示范花园业〔2026〕3号`` (no organ-style number)."""
    code: str
    """Public verification code."""
    verify_url: str
    """Absolute address of the verification page, ``https://host/v/<code>``; the QR."""
    estate: str
    issued_at: datetime
    issuer: str
    """Who issues it, printed above the date: ``示范花园业主大会``."""
    specimen: str = ""
    """Printed at the head of every page of a rehearsal or demonstration; empty otherwise."""


# --- Resolution (D4) -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateResult:
    """One candidate of an election."""

    name: str
    votes: Count
    elected: bool
    state: str
    """What became of them, as printed: ``当选``, ``候补第1名``, ``未过半数``."""


class Deemed(NamedTuple):
    """Silent parties that a cited rule takes to have voted."""

    side: str
    """What they are taken to have chosen: ``同意``."""
    silent: Count


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionResult:
    """One motion with its counts. Verdicts come from the counter, never from the paper."""

    position: int
    """1, 2, 3… as on the ballot."""
    matter: int
    """1-9, Civil Code art. 278."""
    matter_title: str
    """The matter in the statute's words."""
    title: str
    text: str
    participating: Count
    votes_for: Count = NOTHING
    against: Count = NOTHING
    abstain: Count = NOTHING
    approval: Approval
    quorum_met: bool
    result: Result
    failed: tuple[str, ...] = ()
    """``quorum.heads|quorum.area|approval.heads|approval.area|requires``."""
    margin: str = ""
    """How little would have turned the result, as a sentence of the counter's."""
    candidates: tuple[CandidateResult, ...] = ()
    """Not empty for an election; ``votes_for``, ``against``, ``abstain`` are then unused."""
    seats: int = 0
    requires: tuple[int, ...] = ()
    """Positions of motions that had to pass too (first assembly)."""
    decision: str = ""
    """What is decided, in words, where the motion's title does not say it."""
    ranking: str = ""
    """The estate's own rule on ranking, as cited; empty where none is."""
    unmet: str = ""
    """Why it is rejected in spite of its own majority; a full sentence."""
    cost: str = ""
    """``1,234.50 元``; empty where it costs nothing."""
    deemed: Deemed | None = None
    """Not in the figures above; None where no silence counted."""
    silence: str = ""
    """What those deemed to have voted did to the result; full sentences."""
    after: tuple[str, ...] = ()
    """Verdicts possible after late rulings, best first; empty where none took anything out."""
    contested: str = ""
    """How much is under objection and whether it decides, as a sentence of the counter's."""

    @property
    def verdict(self) -> str:
        """passed | rejected | no_quorum, or undetermined where a ruling left it open."""
        if len(self.after) > 1:
            return "undetermined"
        return self.after[0] if self.after else self.result


@dataclass(frozen=True, kw_only=True, slots=True)
class BallotCounts:
    """How the counted ballots came in. ``online == by_browser + by_server``."""

    counted: int
    online: int
    paper: int
    by_browser: int
    """Encrypted on the owner's own phone."""
    by_server: int
    """Encrypted by the server (no JavaScript): the host could have read them."""
    replacement: int
    """Cast with a replacement credential (code instead of QR)."""
    proxies: Count = NOTHING
    """Cast by agents: how many, and their area."""
    assisted: Count = NOTHING
    """Cast with somebody else operating the device."""
    spoiled: int = 0
    """Sheets of paper that are void as a whole."""
    ruled_out: int = 0
    """Sheets of paper that two people decided not to count."""
    excluded: int = 0
    """Ballots excluded by a ruling."""
    duplicate: int = 0
    """Ballots that another one of the same party took the place of, by whatever way."""

    @property
    def invalid(self) -> int:
        """Everything that came in and does not count, but for what its owner replaced."""
        return self.spoiled + self.ruled_out + self.excluded


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyHolders:
    """Who could have opened the ballots."""

    threshold: int
    names: tuple[str, ...]
    platform: bool
    """True where the only key was the platform's own: the paper says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Witnesses:
    """Who vouches for the record as it stood at the close, and how many were needed."""

    needed: int
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    """A file the paper refers to, with its SHA-256 (64 lower-case hex digits)."""

    name: str
    sha256: str
    note: str = ""
    """E.g. ``随本文件附带`` for the tally inside the PDF."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResolutionFacts(PaperFacts):
    """Everything the resolution says (experience D4, rules DOC-06)."""

    division: str
    """Where the estate lies, in words: ``安徽省安庆市迎江区××街道××社区``."""
    session_code: str
    session_title: str
    """``2026年第一次业主大会会议``"""
    session_kind: str
    """``定期会议``, ``临时会议`` or ``首次会议``."""
    method: str
    """``书面征求意见（扫码投票、纸质表决票）``"""
    organiser: str
    supervisors: tuple[str, ...] = ()
    """Names or offices of the people who watched the count (监票人)."""
    notice_on: date
    opens_at: datetime
    closes_at: datetime
    partial_scope: bool = False
    """True: title is 相关业主共同决定 and only the named units are roll and quorum."""
    scope: str
    """``全体业主`` or ``1幢、2幢``."""
    roll: Count
    quorum: tuple[int, int] = (2, 3)
    motions: tuple[MotionResult, ...]
    ballots: BallotCounts
    keys: KeyHolders
    letters_by: str = ""
    """Who made the letters outside the platform; empty where the platform did."""
    witnesses: Witnesses | None = None
    """None where nobody was asked."""
    opening_policy: OpeningPolicy
    basis: tuple[str, ...]
    """Clauses the count rests on, one sentence each."""
    posted_from: date | None = None
    posted_until: date | None = None
    posted_at: str = ""
    """Where it hangs."""
    objections: str
    """To whom, how and until when an owner can object; a full sentence or two."""
    effective: str = "自公布之日起生效。"
    """From when the decision holds, where one was made."""
    preliminary: str = ""
    """That and when the preliminary result was on show, and what became of the objections."""
    late_rulings: str = ""
    """What was excluded after the count, and what follows, in a sentence or two."""
    attachments: tuple[Attachment, ...] = ()

    @property
    def title(self) -> str:
        """A vote of some buildings is not one of the assembly (Civil Code 278, 282)."""
        return f"{self.estate}{'相关业主共同决定' if self.partial_scope else '业主大会决议'}"


# --- Preliminary result (D3) ------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class PreliminaryFacts(ResolutionFacts):
    """初步统计结果询异公示: the figures of the count, on show for objections (rules EV-10, 13).

    Rooms are for the owners' own page: the paper hangs where anybody can read it.
    """

    version: int = 1
    phone: str
    objected: int
    """Objections filed so far, whatever became of them."""
    until: datetime
    """The first instant after the period."""
    ways: tuple[str, ...]
    """How to object, one sentence each."""
    deemed: str = "没有投票的，不算参加：没有把任何人的沉默推定为同意。"
    """Whether silence was taken for a vote, by which clause, and whether that decides."""

    @property
    def title(self) -> str:
        return f"{self.estate}{self.session_title}初步统计结果询异公示"


# --- Letter (D2) -----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterMotion:
    """One motion as every owner of the session reads it."""

    position: int
    title: str
    summary: str = ""
    """A sentence or two in plain words; the full text is on the page behind the QR."""
    approval: Approval
    options: tuple[str, ...] = ("同意", "反对", "弃权")
    """For an election the candidates' names in drawn order."""
    seats: int = 0
    """More than 0 for an election: at most this many boxes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacyNotice:
    """What PIPL art. 17 wants said, each a short text."""

    handler: str
    contact: str
    purpose: str
    kinds: str
    retention: str
    rights: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterSession:
    """What all letters of one session share. Make it once and hand it to every letter."""

    estate: str
    title: str
    """``2026年第一次业主大会会议``"""
    organiser: str
    phone: str
    phone_hours: str = ""
    supervisor: str = ""
    """Street office or residents' committee with its phone."""
    base_url: str
    """``https://vote.example.gov.cn`` without a slash at the end."""
    second_url: str = ""
    """Printed as a fallback where a second host is kept."""
    opens_at: datetime
    closes_at: datetime
    ballot_boxes: str
    """Where the paper ballot is handed in; "" where the session takes none."""
    """Where the paper ballot goes: ``物业服务中心门口票箱（8:00—20:00）``."""
    motions: tuple[LetterMotion, ...]
    rules: tuple[str, ...]
    """Short sentences: quorum with its article, changing a vote, duplicates, silence."""
    proxy_limit: str = ""
    """One sentence, e.g. ``一名受托人最多接受三名业主委托。``"""
    opening_policy: OpeningPolicy
    secrecy: str
    """One plain sentence on who could read a ballot (platform key, trustees)."""
    privacy: PrivacyNotice
    specimen: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LetterFacts:
    """One voting party's letter: one sheet, two pages."""

    session: LetterSession
    building: str
    entrance: str = ""
    floor: str = ""
    room: str
    """Sort keys of the unit the letter is delivered to, as written on the roll."""
    address: str
    """The unit in words: ``1幢2单元301室``. No name."""
    masked_name: str
    """``王**``; joint owners ``王**、李**``. Never the whole name."""
    units: tuple[str, ...]
    """All units of the party in words (at least one)."""
    area: int
    """Of all units, 0.01 m²."""
    code: str = field(repr=False)
    token: str = field(repr=False)
    """22 characters base64url, goes into the QR only; empty where the code alone leads on."""
    serial: str
    """The tear-off paper ballot's own serial."""
    shares_fen: tuple[int | None, ...]
    """One per motion, in order: the party's share, or None where no money is at stake."""
    reissue: int = 0
    """0 for the first letter, then 1, 2…; printed, since the older ones are void."""

    def __post_init__(self) -> None:
        if len(self.shares_fen) != len(self.session.motions):
            raise ValueError("shares_fen needs one entry per motion")

    @property
    def vote_url(self) -> str:
        """The fragment stays in the phone: the token never reaches the server."""
        fragment = f"#{self.token}" if self.token else ""
        return f"{self.session.base_url}/q/{self.code}{fragment}"


# --- Receipt (D7) ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptFacts:
    """An owner's receipt. It has no place for a choice (coercion)."""

    estate: str
    session_title: str
    tracker: str
    """Four groups of four, as the protocol prints it."""
    recorded_at: datetime
    """As on the board (rounded to ten minutes)."""
    units: tuple[str, ...]
    """Masked: ``1幢***301``."""
    encrypted_by: Literal["browser", "server"]
    check_url: str
    """The QR: where anyone can see that this ballot is recorded."""
    helped_by: Literal["", "proxy", "assisted"] = ""
    """Who cast it where not the owner alone."""
    replaced: bool = False
    """Signed by another key than the one in the first letter."""
    phone: str = ""
    specimen: str = ""


def grouped(code: str) -> str:
    """``7K4M2QXH9T3W`` as ``7K4M-2QXH-9T3W``."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def fingerprint(sha256: str) -> str:
    """The first eight digits in two groups, short enough to read aloud: ``1A2B 3C4D``."""
    return f"{sha256[:4]} {sha256[4:8]}".upper()


def masked(name: str) -> str:
    """The family name's first character and two stars, whatever the length.

    Two stars always: the number of characters would help to guess the name.
    """
    return f"{name.strip()[:1]}**" if name.strip() else ""


def masked_names(names: Sequence[str]) -> str:
    """Joint owners, each masked; more than three are counted, for want of room."""
    if len(names) > 3:
        return f"{masked(names[0])}、{masked(names[1])}等{len(names)}人"
    return "、".join(masked(name) for name in names)
