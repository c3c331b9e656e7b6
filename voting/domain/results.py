"""What a count says: verdicts in words, each test as fraction and share, and the margin.

Heads are voting parties, areas integers of 0.01 m². The figures come from the board's
`result` entry; every verdict is weighed again here from the figures, so that page, paper and
board cannot disagree unseen (ValueError where they do).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from core.exact import format_area, share_down
from voting.domain.elections import Terms, elect
from voting.domain.silence import weigh
from voting.domain.thresholds import (
    Count,
    FlipMargin,
    Majority,
    Outcome,
    decide,
    flip_margin,
    still_passed,
)

_OPTIONS = ("for", "against", "abstain")
_WORDS = {
    Outcome.PASSED: "通过",
    Outcome.REJECTED: "未通过",
    Outcome.NO_QUORUM: "参加表决的业主不足，未形成决定",
}


class Candidate(NamedTuple):
    """Somebody who stood for election; `option` is the number on the ballot."""

    option: str
    name: str
    room: str


class Question(NamedTuple):
    """A motion as it was asked; `key` is its id on the board.

    `election` and `candidates` (in the
    ballot's order) of an election.
    """

    key: str
    position: int
    matter: int
    title: str
    text: str
    required: Majority
    requires: tuple[str, ...] = ()  # keys of questions that must pass too
    election: Terms | None = None
    ranking_clause: str = ""
    candidates: tuple[Candidate, ...] = ()


class Standing(NamedTuple):
    """A candidate's votes and what became of them.

    `state`: elected | undecided | alternate | qualified | short | withdrawn. `rank` of an
    alternate, from 1, equals sharing one; else 0.
    """

    candidate: Candidate
    votes: Count
    state: str
    rank: int = 0

    @property
    def words(self) -> str:
        if self.state == "alternate":
            return f"候补第{self.rank}名"
        return _STATES[self.state]


_STATES = {
    "elected": "当选",
    "undecided": "过半数，是否当选未定",
    "qualified": "过半数，未当选",
    "short": "未过半数",
    "withdrawn": "已退出，不能当选",
}


class Deemed(NamedTuple):
    """Those deemed to have voted on a question: `joined` an option, or "" for none."""

    joined: str
    silent: Count

    @property
    def joined_words(self) -> str:
        """The option in the words of the ballot; "" for none."""
        return {"for": "同意", "against": "反对", "abstain": "弃权"}.get(self.joined, "")


class Ballots(NamedTuple):
    """How the counted ballots came in: encrypted by a browser, by the server, or on paper.

    `excluded` parties are not among them, nor are sheets of paper that were `spoiled` as a
    whole, or `ruled_out` by two people (the household voted online too, say).
    """

    counted: int
    by_browser: int
    by_server: int
    paper: int
    replacement: int
    excluded: int
    # Cast by agents, and by somebody who operated the device; of how many heads and what area.
    proxies: Count = Count(0, 0)
    assisted: Count = Count(0, 0)
    spoiled: int = 0
    ruled_out: int = 0


@dataclass(frozen=True, slots=True)
class Test:
    """One of the four tests: `part` of `whole` against `needed`; equal to it is enough."""

    name: str  # quorum.heads | quorum.area | approval.heads | approval.area
    part: int
    whole: int
    needed: int
    fraction: str  # 2/3 | 1/2 | 3/4
    met: bool

    @property
    def share(self) -> str:
        """In percent, cut off after two digits."""
        return share_down(self.part, self.whole)

    @property
    def is_area(self) -> bool:
        return self.name.endswith(".area")


@dataclass(frozen=True, slots=True)
class MotionOutcome:
    """One motion with its figures and what article 278 makes of them.

    `tests` has four, or the two of the quorum where it was missed: then approval is not
    weighed.
    """

    question: Question
    participating: Count
    votes_for: Count
    against: Count
    abstain: Count
    quorum_met: bool
    result: str  # passed | rejected | no_quorum
    failed: tuple[str, ...]
    tests: tuple[Test, ...]
    flip: FlipMargin | None
    standings: tuple[Standing, ...] = ()  # of an election
    stands: bool | None = None  # whether a committee stands, where a rule is cited
    unmet: tuple[int, ...] = ()  # positions of required motions that did not pass
    actual: str = ""  # the result of the votes alone, where silence counts
    deemed: Deemed | None = None

    @property
    def decisive(self) -> bool:
        """Whether silence alone made the result what it is."""
        return bool(self.actual) and self.actual != self.result

    @property
    def silence_words(self) -> str:
        """What the silent did to the result, in one or two sentences; "" where none counts."""
        if self.deemed is None:
            return ""
        who = f"{self.deemed.silent.heads}人，{format_area(self.deemed.silent.area)}平方米"
        if not self.deemed.joined:
            return (
                f"未表态但已确认送达的{who}：实际票的人数和面积没有共同的过半数意见，"
                "不作推定，不计入。"
            )
        side = self.deemed.joined_words
        then = (
            f"起决定作用：只按实际票，结果是“{_WORDS[Outcome(self.actual)]}”。"
            if self.decisive
            else "不起决定作用：只按实际票，结果相同。"
        )
        return f"未表态但已确认送达的{who}，按引用的规则随多数视为{side}，与实际票分列。{then}"

    @property
    def unmet_words(self) -> str:
        """Why a motion that had its own majority is rejected all the same."""
        if not self.unmet:
            return ""
        items = "、".join(f"第{position}项" for position in self.unmet)
        return f"本项自己得到了足够的同意，但须{items}也通过；{items}没有通过，所以本项不生效。"

    @property
    def seats_words(self) -> str:
        """What an election came to, and what is left to do, in sentences."""
        terms = self.question.election
        if terms is None or self.result != "passed":
            if self.stands is False and self.quorum_met:
                return "当选的人数没有达到成立业主委员会的规定，本次选举不产生业主委员会。"
            return ""
        elected = [one.candidate.name for one in self.standings if one.state == "elected"]
        open_ones = [one.candidate.name for one in self.standings if one.state == "undecided"]
        said = [f"当选{len(elected)}人：{'、'.join(elected)}。"] if elected else []
        left = terms.seats - len(elected)
        if open_ones:
            names = "、".join(open_ones)
            why = (
                "得票相同"
                if terms.ranking
                else "都过半数，超过应选人数，而本小区没有引用排名规则"
            )
            said.append(
                f"还有{left}个名额未定：{names}{why}，系统不作决定。"
                "请按议事规则在他们中间再次投票或者抽签。"
            )
        elif left:
            said.append(f"空缺{left}个名额，可以另行补选。")
        return "".join(said)

    @property
    def words(self) -> str:
        return _WORDS[Outcome(self.result)]

    @property
    def flip_words(self) -> str:
        """How little would have turned the verdict, in one sentence."""
        if self.flip is None:
            return ""
        if self.flip.approval is not None and self.result == "passed":
            few = "不过半数" if self.question.required is Majority.HALF else "不足四分之三"
            return (
                f"参加表决的再少{_either(self.flip.quorum)}，就不足三分之二；"
                f"同意的再少{_either(self.flip.approval)}，就{few}。"
            )
        heads = f"{self.flip.heads}人" if self.flip.heads else ""
        area = f"{format_area(self.flip.area)}平方米" if self.flip.area else ""
        need = "和".join(filter(None, (heads, area)))
        if self.result == "rejected":
            return f"还差{need}同意。"
        return f"还差{need}参加。"


def _either(few: Count) -> str:
    return f"{few.heads}人或{format_area(few.area)}平方米"


@dataclass(frozen=True, slots=True)
class SessionResult:
    """The result of a session. `participating`: who cast a counted ballot."""

    roll: Count
    participating: Count
    motions: tuple[MotionOutcome, ...]
    ballots: Ballots


def session_result(
    *,
    roll: Count,
    participating: Count,
    questions: Sequence[Question],
    body: Mapping[str, Any],
    ballots: Ballots,
) -> SessionResult:
    """The result from the body of the board's `result` entry."""
    outcomes = _dependent(
        [
            _outcome(roll, question, stated)
            for question, stated in zip(questions, body["motions"], strict=True)
        ]
    )
    for outcome, stated in zip(outcomes, body["motions"], strict=True):
        if stated["id"] != outcome.question.key or stated["result"] != outcome.result:
            raise ValueError(f"the board says otherwise about {outcome.question.key}")
    return SessionResult(roll, participating, outcomes, ballots)


def _dependent(weighed: Sequence[MotionOutcome]) -> tuple[MotionOutcome, ...]:
    """What passed by its own figures falls where something it requires did not pass."""
    passed = {one.question.key for one in weighed if one.result == Outcome.PASSED.value}
    requires = {one.question.key: one.question.requires for one in weighed}
    kept = still_passed(passed, requires)
    fallen = passed - kept
    places = {one.question.key: one.question.position for one in weighed}

    def unmet(one: MotionOutcome) -> tuple[int, ...]:
        return tuple(sorted(places[key] for key in set(one.question.requires) - kept))

    return tuple(
        replace(
            one,
            result=Outcome.REJECTED.value,
            failed=("requires",),
            flip=None,
            unmet=unmet(one),
        )
        if one.question.key in fallen
        else one
        for one in weighed
    )


def tally_json(result: SessionResult) -> dict[str, Any]:
    """The tally as `manage.py count --json` prints one; a motion is named by its position."""
    return {
        "roll": _count_json(result.roll),
        "motions": [
            {
                "motion": str(motion.question.position),
                "matter": motion.question.matter,
                "participating": _count_json(motion.participating),
                "quorum_met": motion.quorum_met,
                "for": _count_json(motion.votes_for),
                "against": _count_json(motion.against),
                "abstain": _count_json(motion.abstain),
                "required": motion.question.required.value,
                "result": motion.result,
                "failed": list(motion.failed),
                **_more_json(motion),
            }
            for motion in result.motions
        ],
        "faults": [],
    }


def _more_json(motion: MotionOutcome) -> dict[str, Any]:
    """What elections and silence add; nothing for an ordinary question."""
    more: dict[str, Any] = {}
    terms = motion.question.election
    if terms is not None:
        more |= {
            "seats": terms.seats,
            "ranking": terms.ranking.value if terms.ranking else None,
            "stands": motion.stands,
            "candidates": [
                {"option": one.candidate.option, "state": one.state, **_count_json(one.votes)}
                for one in motion.standings
            ],
        }
    if motion.actual:
        more["actual"] = motion.actual
    if motion.deemed is not None:
        joined = motion.deemed.joined or None
        more["deemed"] = {"joined": joined, **_count_json(motion.deemed.silent)}
    return more


def _election(roll: Count, question: Question, stated: Mapping[str, Any]) -> MotionOutcome:
    if question.election is None:
        raise ValueError("not an election")
    participating = Count(**stated["participating"])
    totals = [Count(**total) for total in stated["totals"]]
    options = [one.option for one in question.candidates]
    gone = [options.index(one) for one in stated["withdrawn"]]
    found = elect(
        question.election,
        roll=roll,
        participating=participating,
        totals=totals,
        required=question.required,
        withdrawn=gone,
    )
    seated = [options[place] for place in found.elected]
    qualified = [options[place] for place in found.qualified]
    if stated["qualified"] != qualified or stated["elected"] not in ([], seated):
        raise ValueError(f"the board says otherwise about {question.key}")
    quorum = decide(
        roll=roll,
        participating=participating,
        approving=Count(0, 0),
        required=question.required,
    )
    missed = tuple(name for name in quorum.failed if name.startswith("quorum."))
    return MotionOutcome(
        question=question,
        participating=participating,
        votes_for=Count(0, 0),
        against=Count(0, 0),
        abstain=Count(0, 0),
        quorum_met=stated["quorum_met"],
        result=found.outcome.value,
        failed=missed,
        tests=(
            _test("quorum.heads", participating.heads, roll.heads, None, missed),
            _test("quorum.area", participating.area, roll.area, None, missed),
        ),
        flip=None,
        standings=_standings(question, totals, stated),
        stands=found.stands,
        actual=stated.get("actual", ""),
    )


def _standings(
    question: Question, totals: Sequence[Count], stated: Mapping[str, Any]
) -> tuple[Standing, ...]:
    """In the ballot's order."""
    terms = question.election
    participating = Count(**stated["participating"])
    rows = []
    alternates: dict[str, int] = {}
    before: Any = None
    for number, option in enumerate(stated["alternates"], 1):
        place = int(option) - 1
        key = terms.ranking.key(totals[place], participating) if terms and terms.ranking else 0
        same = before is not None and before[0] == key
        alternates[option] = before[1] if same else number
        before = (key, alternates[option])
    for candidate, votes in zip(question.candidates, totals, strict=True):
        option = candidate.option
        state = (
            "withdrawn"
            if option in stated["withdrawn"]
            else next(
                (
                    name
                    for name, field in (
                        ("elected", "elected"),
                        ("undecided", "undecided"),
                        ("alternate", "alternates"),
                        ("qualified", "qualified"),
                    )
                    if option in stated[field]
                ),
                "short",
            )
        )
        rows.append(Standing(candidate, votes, state, alternates.get(option, 0)))
    return tuple(rows)


def _outcome(roll: Count, question: Question, stated: Mapping[str, Any]) -> MotionOutcome:
    if question.election is not None:
        return _election(roll, question, stated)
    actual_part = Count(**stated["participating"])
    votes = [Count(**total) for total in stated["totals"]]
    votes_for, against, abstain = votes
    required, participating, approving = question.required, actual_part, votes_for
    deemed = None
    if stated.get("deemed"):
        count = Count(stated["deemed"]["heads"], stated["deemed"]["area"])
        weighed = weigh(
            roll=roll, participating=actual_part, totals=votes, required=required, deemed=count
        )
        joined = "" if weighed.joined is None else _OPTIONS[weighed.joined]
        deemed = Deemed(joined, count)
        participating, approving = weighed.participating, weighed.approving
    decision = decide(
        roll=roll, participating=participating, approving=approving, required=required
    )
    tests = [
        _test("quorum.heads", participating.heads, roll.heads, None, decision.failed),
        _test("quorum.area", participating.area, roll.area, None, decision.failed),
    ]
    if decision.outcome is not Outcome.NO_QUORUM:
        for side in Count._fields:
            part, whole = getattr(approving, side), getattr(participating, side)
            tests.append(_test(f"approval.{side}", part, whole, required, decision.failed))
    return MotionOutcome(
        question=question,
        participating=actual_part,
        votes_for=votes_for,
        against=against,
        abstain=abstain,
        quorum_met=decision.outcome is not Outcome.NO_QUORUM,
        result=decision.outcome.value,
        failed=decision.failed,
        tests=tuple(tests),
        flip=flip_margin(
            roll=roll, participating=participating, approving=approving, required=required
        ),
        actual=stated.get("actual", ""),
        deemed=deemed,
    )


def _test(
    name: str, part: int, whole: int, required: Majority | None, failed: Sequence[str]
) -> Test:
    needed = -(-2 * whole // 3) if required is None else required.fewest(whole)
    fraction = "2/3" if required is None else required.value
    return Test(name, part, whole, needed, fraction, name not in failed)


def _count_json(count: Count) -> dict[str, Any]:
    return {"heads": count.heads, "area": format_area(count.area)}
