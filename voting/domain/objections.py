"""Objections: until when one is in time, what may follow what, and what an open one holds up.

Pure. Periods are days of the session's rule profile; no law fixes them for an owners' vote, so
the defaults are the house's and the profile says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from core.deadlines import publicity_end
from core.errors import RuleViolation
from documents.wording import end_of
from voting.domain.drafts import attachment_reasons, text_reasons
from voting.domain.reasons import Reason

About = Literal["roll", "took_part", "result", "other"]
Stage = Literal["draft", "announced", "open", "closed", "counted", "resolved", "cancelled"]

UNSETTLED = ("open", "disputed", "proposed")
MOST_OPEN = 5  # unsettled objections of one party
_MAX_TEXT = 1000
_DAYS = {"objection_answer_days": 3, "objection_dispute_days": 2}

# Which state one person's act may lead to. "ruled" takes a second person, or a ruling that
# excludes the ballots, and neither asks here.
_NEXT: dict[str, set[str]] = {
    "open": {"answered", "withdrawn"},
    "answered": {"disputed", "withdrawn"},
    "disputed": {"proposed", "withdrawn"},
    "proposed": set(),
    "ruled": set(),
    "withdrawn": set(),
}
_STANDS = {
    "answered": "已经答复",
    "disputed": "已经提出不服，等待两人裁定",
    "proposed": "裁定正在等第二人决定",
    "ruled": "已经裁定",
    "withdrawn": "已经撤回",
    "open": "还没有答复",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How far a session is; the ends are the first instant after a period."""

    stage: Stage
    challenge_ends: datetime | None = None  # from the close on, once it is known
    box_open: bool = False  # closed, but the papers in the ballot box are not counted yet
    posted_until: datetime | None = None  # of the preliminary result, once posted
    posts: bool = True  # whether there will be a preliminary result at all
    phone: str = ""  # of the organiser


class Term(NamedTuple):
    """Whether an objection is in time, and the deadline it was in time for (None: none ran)."""

    in_time: bool
    deadline: datetime | None


def next_state(now: str, wanted: str) -> str:
    """`wanted`, where it may follow. RuleViolation "objection.state"."""
    if wanted not in _NEXT[now]:
        raise RuleViolation("objection.state", f"这件异议{_STANDS[now]}，这一步不能再办")
    return wanted


def term(about: str, not_mine: bool, course: Course, at: datetime) -> Term:
    """Whether an objection filed at `at` is in time.

    RuleViolation "objection.too_early", "objection.period_over" (naming the deadline and what
    can still be done), "objection.cancelled", "objection.roll_frozen".
    """
    if course.stage == "cancelled":
        raise RuleViolation("objection.cancelled", "这次表决已经取消，不用再提异议")
    if not_mine:
        return _not_mine(course, at)
    if about == "took_part":
        return _took_part(course, at)
    if about == "result":
        return _result(course, at)
    if about == "roll" and course.stage != "draft":
        raise RuleViolation(
            "objection.roll_frozen",
            "名册已经随公告冻结，不能再改。认为名册有错影响结果的，请对初步统计结果提出异议，"
            f"{_court()}",
        )
    return _other(course, at)


def roll_term(deadline: datetime | None, at: datetime) -> Term:
    """The same for a roll that is posted before any session is frozen."""
    if deadline is not None and at >= deadline:
        raise RuleViolation(
            "objection.period_over",
            f"名册公示的异议期到{end_of(deadline)}为止，已经过了。"
            "名册有错的，请马上告诉组织者，公告以前还可以更正",
        )
    return Term(True, deadline)


def days(profile: Mapping[str, Mapping[str, Any]], name: str, *, rehearsal: bool) -> int:
    """A period of the profile in days; a rehearsal decides nothing and waits for nobody."""
    if rehearsal:
        return 0
    stated = profile.get(name)
    return int(stated["value"]) if stated else _DAYS[name]


def due(since: datetime, full_days: int) -> datetime:
    """When a step is overdue (Civil Code 201-203: the first day is not counted)."""
    return publicity_end(since, full_days)


def objection_reasons(
    *, about: str, text: str, name: str, contact: str, by_party: bool
) -> list[Reason]:
    """What is wrong with what was typed."""
    found = []
    if about not in {"roll", "took_part", "result", "other"}:
        found.append(Reason("objection.about", "请选对什么有异议", "about"))
    found += text_reasons("text", "异议的内容和理由", text, _MAX_TEXT)
    if not by_party:
        found += text_reasons("name", "异议人姓名", name, 40)
        found += text_reasons("contact", "联系方式", contact, 60)
    return found


def answer_reasons(*, text: str) -> list[Reason]:
    """What is wrong with an answer, a dispute or a finding."""
    return text_reasons("reason", "理由", text, _MAX_TEXT)


def paper_reasons(*, name: str, content: bytes, most: int) -> list[Reason]:
    """What is wrong with a paper or photograph; none is needed."""
    return attachment_reasons(name=name, content=content, most=most) if content else []


def _not_mine(course: Course, at: datetime) -> Term:
    if course.stage in {"draft", "announced"}:
        raise RuleViolation("objection.too_early", "投票还没有开始，还没有任何人的票")
    if course.stage == "open" or course.box_open:
        return Term(True, None)
    for deadline in (course.challenge_ends, course.posted_until):
        if deadline is not None and at < deadline and course.stage != "resolved":
            return Term(True, deadline)
    # Never too late to say: two people can still exclude the ballots, but nothing waits.
    return Term(False, None)


def _took_part(course: Course, at: datetime) -> Term:
    deadline = course.challenge_ends
    if course.box_open:
        return Term(True, None)
    if deadline is None:
        raise RuleViolation("objection.too_early", "参加名单在投票截止以后才公布")
    if at >= deadline or course.stage != "closed":
        raise RuleViolation(
            "objection.period_over",
            f"对参加名单的异议到{end_of(deadline)}为止，已经过了。"
            "票不是您家投的，随时可以点“这不是我投的”；"
            "对结果有异议的，请在初步统计结果公示期内提出",
        )
    return Term(True, deadline)


def _result(course: Course, at: datetime) -> Term:
    until = course.posted_until
    if course.stage == "resolved" or (until is not None and at >= until):
        over = f"对初步统计结果的异议到{end_of(until)}为止，已经过了" if until else ""
        raise RuleViolation(
            "objection.period_over", f"{over or '决议已经作出，没有异议期'}。{_court()}"
        )
    if not course.posts:
        raise RuleViolation(
            "objection.no_period", f"这次表决不另设初步统计结果的异议期。{_court()}"
        )
    if until is None:
        raise RuleViolation("objection.too_early", "初步统计结果还没有公布，公布以后再提")
    return Term(True, until)


def _other(course: Course, at: datetime) -> Term:
    until = course.posted_until
    if course.stage == "resolved" or (until is not None and at >= until):
        return _result(course, at)  # it says what is over, and what still can be done
    return Term(True, until)


def _court() -> str:
    # Civil Code 280 para. 2 with SPC interpretation (2020) art. 12; 物业管理条例 art. 19.
    return (
        "认为决定违法的，可以请街道办事处责令改正，也可以自知道或者应当知道决定之日起一年内"
        "请求人民法院撤销"
    )
