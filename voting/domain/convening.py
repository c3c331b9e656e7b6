"""Whether a draft may be announced: every reason against it, at once.

What the law fixes stands here with its article; periods come from the rule profile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from core.deadlines import earliest_opening, local_day, start_of
from voting.domain.candidates import Ballot, ballot_reasons
from voting.domain.demands import Support, demand_reasons
from voting.domain.organisers import (
    PAPERS,
    Person,
    group_reasons,
    supervisor_reasons,
)
from voting.domain.reasons import Reason
from voting.domain.reviewing import Reviewed, review_reasons
from voting.domain.wording import doubts

# What a vote rests on; other values of a profile do not hold it up.
VALUES_USED = (
    "notice_days",
    "window_days",
    "parking",
    "silence",
    "blank_item",
    "partial_scope.matters",
    "challenge_hours",
    "organiser.basis",
    "preparatory.least",
    "extraordinary.proposal",
    "supervisors.least",
    "materials.matters",
    "street_review_before_open",
    "street_review_days",
    "max_extension_days",
    "roll_posting_days",
)
_SIGNS = {
    "silence": {"not_participating", "majority"},
    "blank_item": {"not_participating"},
}

_RULES, _COVENANT, _COMMITTEE = 1, 2, 3
_USE_FUND, _RAISE_FUND, _REBUILD = 5, 6, 7
_MAY_CALL_FIRST = frozenset({"preparatory_group", "residents_committee", "street_office"})
# A demand is what obliges a committee; a street office may convene by its own paper.
_OWN_COMMITTEE = frozenset({"owners_committee", "management_committee"})

OWN_RULES = "estate:"
"""How the code of a profile begins that holds an estate's own rules of procedure."""


class Question(NamedTuple):
    """One motion as drafted."""

    position: int
    matter: int
    title: str
    text: str
    waived: bool = False  # somebody answers by name for its wording
    files: int = 0
    requires: tuple[int, ...] = ()  # positions of motions that must pass too


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is weighed. `profile`: name → object with value and clause."""

    motions: Sequence[Question]
    partial_scope: bool
    opening_policy: str
    notice_on: date | None
    opens_at: datetime | None
    closes_at: datetime | None
    profile: Mapping[str, Any]
    rehearsal: bool = False
    meeting: str = "regular"  # regular | extraordinary | first
    organiser_kind: str = ""
    organiser: str = ""
    paper: bool = False  # whether paper ballots are taken
    has_basis: bool = False
    members: Sequence[Person] = field(default=())
    demand: Support | None = None
    supervisors: Sequence[Person] = field(default=())
    reviewed: Reviewed | None = None
    fingerprint: str = ""
    """Of what a street office is shown, see domain.reviewing."""
    silence_clause: str = ""
    elections: Sequence[Ballot] = ()


def value(draft: Draft, name: str, default: Any = None) -> Any:
    """What the rules say of `name`, else `default`."""
    stated = draft.profile.get(name)
    return default if stated is None else stated.value


def reasons(draft: Draft, *, at: datetime) -> list[Reason]:
    """Why this draft cannot be announced at `at`; nothing of the roll is looked at."""
    return [
        *_motions(draft),
        *_policy(draft),
        *_scope(draft),
        *_notice(draft, at),
        *_window(draft),
        *_profile(draft),
        *([] if draft.rehearsal else [*_organiser(draft), *_plan(draft), *_review(draft, at)]),
        *_silence(draft),
        *(
            found
            for ballot in draft.elections
            for found in ballot_reasons(ballot, draft.profile)
        ),
    ]


def _motions(draft: Draft) -> list[Reason]:
    if not draft.motions:
        return [Reason("motions.none", "还没有表决事项", "motions")]
    found = []
    for motion in draft.motions:
        doubt = "" if motion.waived else doubts(motion.matter, motion.title, motion.text)
        if doubt:
            sentence = f"第{motion.position}项{doubt}"
            found.append(Reason("motion.mixed", sentence, "motions", motion.position))
    return [*found, *_order(draft)]


def _order(draft: Draft) -> list[Reason]:
    """A first assembly: covenant and rules of procedure first, the election hangs on them.

    建房〔2009〕274号 art. 15: the assembly exists from the day on which its first meeting has
    adopted both and elected the committee.
    """
    found = []
    for motion in draft.motions:
        if motion.position in motion.requires:
            sentence = f"第{motion.position}项不能以自己通过为前提"
            found.append(Reason("requires.self", sentence, "motions"))
    if draft.meeting != "first":
        return found
    places: dict[int, int] = {}
    for motion in draft.motions:
        places.setdefault(motion.matter, motion.position)
    for matter, what in ((_RULES, "业主大会议事规则"), (_COVENANT, "管理规约")):
        if matter not in places:
            sentence = f"首次会议要先表决{what}（第{matter}类）：请增加这一项"
            found.append(Reason("first.missing", sentence, "motions"))
        elif places.get(_COMMITTEE, places[matter]) < places[matter]:
            sentence = f"首次会议先表决{what}，再选举业主委员会：请把选举排到后面"
            found.append(Reason("first.order", sentence, "motions"))
    if _COMMITTEE not in places:
        sentence = "首次会议要选举业主委员会（第3类）：请增加这一项"
        found.append(Reason("first.missing", sentence, "motions"))
    return found


def requirements(draft: Draft) -> dict[int, tuple[int, ...]]:
    """Position → positions of what must pass too: as stated; for a first assembly by law."""
    bases = [m.position for m in draft.motions if m.matter in {_RULES, _COVENANT}]
    return {
        motion.position: tuple(
            sorted(
                {*motion.requires}
                | (
                    {*bases}
                    if draft.meeting == "first" and motion.matter == _COMMITTEE
                    else set()
                )
            )
        )
        for motion in draft.motions
    }


def estate_rules(draft: Draft) -> list[str]:
    """Values of the profile that rest on the estate's own rules of procedure."""
    return sorted(
        name
        for name in draft.profile
        if getattr(draft.profile[name], "profile", "").startswith(OWN_RULES)
    )


def _organiser(draft: Draft) -> list[Reason]:
    found = []
    if value(draft, "organiser.basis", False) and not draft.has_basis:
        paper = PAPERS.get(draft.organiser_kind, "召集会议的依据文件")
        found.append(Reason("organiser.basis", f"请上传{paper}，写明日期", "basis"))
    least = value(draft, "preparatory.least", 1)
    found += group_reasons(draft.organiser_kind, draft.members, least=least)
    if draft.meeting == "first" and draft.organiser_kind not in _MAY_CALL_FIRST:
        # 274号 arts. 9, 15: the preparatory group; there is no committee yet.
        sentence = "首次会议由筹备组召集，还没有业主委员会"
        found.append(Reason("organiser.first", sentence, "organiser_kind"))
    if draft.meeting == "first" and estate_rules(draft):
        sentence = "首次会议以前还没有议事规则，不能引用小区自己的规则"
        found.append(Reason("first.own_rules", sentence, "profile"))
    if draft.meeting == "extraordinary":
        share = value(draft, "extraordinary.proposal", (20, 100))
        by_right = draft.has_basis and draft.organiser_kind not in _OWN_COMMITTEE
        found += demand_reasons(draft.demand, (share[0], share[1]), basis=by_right)
    return found


def _plan(draft: Draft) -> list[Reason]:
    found = supervisor_reasons(
        draft.supervisors,
        least=value(draft, "supervisors.least", 0),
        members=draft.members,
        organiser=draft.organiser,
    )
    wanted = set(value(draft, "materials.matters", ()))
    found += [
        Reason(
            "materials.missing",
            f"第{motion.position}项要附材料给业主看（文本、方案、预算等）",
            "motions",
        )
        for motion in draft.motions
        if motion.matter in wanted and not motion.files
    ]
    return found


def _review(draft: Draft, at: datetime) -> list[Reason]:
    if not value(draft, "street_review_before_open", False):
        return []
    return review_reasons(draft.reviewed, draft.fingerprint, at=at)


def _policy(draft: Draft) -> list[Reason]:
    if draft.opening_policy == "named" and draft.elections:
        sentence = "有选举的会议不能记名，请选“只公布合计”"
        return [Reason("policy.election", sentence, "opening_policy")]
    return []


def _scope(draft: Draft) -> list[Reason]:
    if not draft.partial_scope:
        return []
    stated = draft.profile.get("partial_scope.matters")
    cited = set(stated.value) if stated is not None and stated.clause.strip() else set()
    # Rules of procedure, covenant, committee and manager are the whole estate's (278 I).
    allowed = {_USE_FUND} | (cited & {_RAISE_FUND, _REBUILD})
    return [
        Reason(
            "scope.matter",
            f"第{motion.position}项属于第{motion.matter}类，须由全体业主表决；部分楼幢只能表决"
            "使用维修资金（第5类），筹集、改建（第6、7类）须有写明条款的地方规定",
            "scope",
        )
        for motion in draft.motions
        if motion.matter not in allowed
    ]


def _notice(draft: Draft, at: datetime) -> list[Reason]:
    found = []
    if draft.rehearsal:
        pass  # decides nothing: nobody must be told, nobody needs time to prepare
    elif draft.notice_on is None:
        found.append(Reason("notice.missing", "请填写公告张贴的日期", "notice_on"))
    elif draft.notice_on < local_day(at):
        # What hangs on the board must be what was frozen: no matter is added after notice.
        found.append(
            Reason("notice.before_freeze", "公告日期不能早于今天：先冻结，再公告", "notice_on")
        )
    if draft.opens_at is None:
        found.append(Reason("opening.missing", "请填写开始投票的时间", "opens_at"))
    elif draft.notice_on is not None and not draft.rehearsal:
        # 物业管理条例 art. 14: 应当于会议召开15日以前通知全体业主.
        days = notice_days(draft)
        earliest = earliest_opening(start_of(draft.notice_on), days)
        if draft.opens_at < earliest:
            day = f"{earliest:%Y年%-m月%-d日}"
            found.append(
                Reason(
                    "notice.too_short",
                    f"公告与投票之间须有{days}个整天，最早{day}开始",
                    "opens_at",
                )
            )
    if draft.opens_at is not None and draft.opens_at <= at:
        found.append(Reason("opening.past", "开始时间已经过了", "opens_at"))
    return found


def notice_days(draft: Draft) -> int:
    """Full days between notice and opening, by the kind of meeting."""
    usual: int = value(draft, "notice_days", 15)
    if draft.meeting != "extraordinary":
        return usual
    shorter: int = value(draft, "notice_days_extraordinary", usual)
    return shorter


def _window(draft: Draft) -> list[Reason]:
    if draft.closes_at is None:
        return [Reason("closing.missing", "请填写截止时间", "closes_at")]
    if draft.opens_at is None:
        return []
    if draft.closes_at <= draft.opens_at:
        return [Reason("closing.too_early", "截止时间须晚于开始时间", "closes_at")]
    window = value(draft, "window_days")
    if not window or draft.rehearsal:
        return []
    fewest, most = window
    length = draft.closes_at - draft.opens_at
    if not timedelta(days=fewest) <= length <= timedelta(days=most):
        sentence = f"投票时间须为{fewest}天至{most}天"
        return [Reason("closing.window", sentence, "closes_at")]
    return []


def _silence(draft: Draft) -> list[Reason]:
    if draft.silence_clause and draft.meeting == "first":
        # No rule of the estate exists before its first assembly has passed one.
        sentence = "首次业主大会会议还没有议事规则可以引用，不能用“未表态”规则"
        return [Reason("silence.first_assembly", sentence, "silence")]
    return []


def _profile(draft: Draft) -> list[Reason]:
    found = []
    for name, handled in _SIGNS.items():
        if name in draft.profile and value(draft, name) not in handled:
            found.append(
                Reason(f"profile.{name}", f"规则“{name}”的取值还不能在线计票，请联系平台", "")
            )
    if value(draft, "parking", "none") not in {"none", "full"}:
        found.append(Reason("profile.parking", "车位的计票规则只能是“不计”或“全计”", ""))
    return found
