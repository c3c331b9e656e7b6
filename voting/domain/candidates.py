"""What an election and its candidates must be before they may be announced."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voting.domain.reasons import Reason

# 业主大会和业主委员会指导规则（建房〔2009〕274号）art. 31: the six conditions of a member.
CONDITIONS = (
    "具有完全民事行为能力",
    "遵守国家有关法律、法规",
    "遵守业主大会议事规则、管理规约，模范履行业主义务",
    "热心公益事业，责任心强，公正廉洁",
    "具有一定的组织能力",
    "具备必要的工作时间",
)
# What one A4 letter holds beside three other matters, and a phone's page without losing track.
MOST_CANDIDATES = 15
_MAX_NAME = 20
_MAX_STATEMENT = 200
_MAX_CLAUSE = 300
_MAX_WORDS = 60
_MOST_SEATS = 15


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """An election as drafted: `conditions` and `consented` of each candidate."""

    position: int
    seats: int
    alternates: int
    ranked: bool
    conditions: Sequence[int]  # how many of the six each candidate declared
    consented: Sequence[bool]
    drawn: bool
    by_election: bool = False


def election_reasons(
    *,
    seats: Any,
    alternates: Any,
    ranking: str,
    ranking_clause: str,
    minimum: Any,
    minimum_clause: str,
    rankings: Sequence[str],
) -> list[Reason]:
    """What is wrong with an election's own fields."""
    found = []
    if type(seats) is not int or not 1 <= seats <= _MOST_SEATS:
        found.append(Reason("election.seats", f"应选人数请填1到{_MOST_SEATS}", "seats"))
        seats = _MOST_SEATS
    if type(alternates) is not int or not 0 <= alternates <= MOST_CANDIDATES:
        found.append(
            Reason("election.alternates", f"候补人数请填0到{MOST_CANDIDATES}", "alternates")
        )
    elif alternates and not ranking:
        found.append(
            Reason(
                "election.alternates_unranked",
                "候补要按名次递补：请先选名次规则，写明条款；没有规则就填0",
                "alternates",
            )
        )
    if ranking and ranking not in rankings:
        found.append(
            Reason("election.ranking", "请选一种名次规则，或者选“没有规则”", "ranking")
        )
    found += _cited("ranking_clause", "名次规则", bool(ranking), ranking_clause)
    if minimum is not None and (type(minimum) is not int or not 1 <= minimum <= seats):
        found.append(
            Reason("election.minimum", "最少当选人数请填1到应选人数，没有规定就不填", "minimum")
        )
    found += _cited("minimum_clause", "最少当选人数", minimum is not None, minimum_clause)
    return found


def _cited(field: str, what: str, stated: bool, clause: str) -> list[Reason]:
    if stated and not clause.strip():
        return [Reason("election.clause", f"“{what}”依据哪一条？请抄写条款原文", field)]
    if not stated and clause.strip():
        return [Reason("election.clause_alone", f"写了条款，没有选“{what}”", field)]
    if len(clause) > _MAX_CLAUSE:
        return [Reason("election.clause", f"条款最多{_MAX_CLAUSE}个字", field)]
    return []


def candidate_reasons(
    *, name: str, statement: str, conditions: Sequence[int], consent: bool
) -> list[Reason]:
    """What is wrong with what is known of a candidate; the room is looked up elsewhere."""
    found = []
    if not name.strip():
        found.append(Reason("candidate.name", "请填写候选人姓名", "name"))
    elif len(name) > _MAX_NAME or not name.isprintable():
        found.append(Reason("candidate.name", f"姓名最多{_MAX_NAME}个字", "name"))
    if len(statement) > _MAX_STATEMENT:
        found.append(
            Reason("candidate.statement", f"自我介绍最多{_MAX_STATEMENT}个字", "statement")
        )
    if set(conditions) != set(range(len(CONDITIONS))):
        found.append(
            Reason(
                "candidate.conditions",
                "六项条件要本人逐项声明符合（建房〔2009〕274号第三十一条），缺一项不能列为候选人",
                "conditions",
            )
        )
    if not consent:
        # PIPL art. 25: not made public without the person's separate consent.
        found.append(
            Reason(
                "candidate.consent",
                "公开姓名、房号、介绍和照片要本人单独同意（个人信息保护法第二十五条），"
                "请先取得签字",
                "consent",
            )
        )
    return found


def drawing_reasons(*, words: str, candidates: int) -> list[Reason]:
    """Whether the order can be drawn with these words."""
    found = []
    if candidates < 1:
        found.append(Reason("draw.nobody", "还没有候选人，不能抽签"))
    plain = words.strip()
    if not plain or len(plain) > _MAX_WORDS or not plain.isprintable():
        sentence = f"请填写现场念出的话或数字，1到{_MAX_WORDS}个字"
        found.append(Reason("draw.words", sentence, "words"))
    return found


def ballot_reasons(ballot: Ballot, profile: Mapping[str, Any]) -> list[Reason]:
    """Why this election cannot be announced yet. `profile`: name → object with value."""

    def value(name: str, default: int) -> int:
        stated = profile.get(name)
        if stated is None:
            return default
        return _MOST_SEATS if stated.value is None else int(stated.value)  # null: no limit

    n = ballot.position
    found = []
    # 274号 art. 31: 业主委员会由5至11人单数组成; other numbers come from the rule profile.
    fewest, most = value("committee.min", 5), value("committee.max", 11)
    even = ballot.seats % 2 == 0
    if not ballot.by_election and (even or not fewest <= ballot.seats <= most):
        found.append(
            Reason(
                "election.size",
                f"第{n}项应选{ballot.seats}人：业主委员会须由{fewest}至{most}人单数组成",
                "motions",
            )
        )
    many = len(ballot.consented)
    if not many:
        found.append(Reason("election.nobody", f"第{n}项还没有候选人", "motions"))
    elif many < ballot.seats:
        found.append(
            Reason(
                "election.too_few",
                f"第{n}项候选人{many}人，少于应选{ballot.seats}人，请增加候选人或者减少应选人数",
                "motions",
            )
        )
    if many > MOST_CANDIDATES:
        found.append(
            Reason(
                "election.too_many",
                f"第{n}项候选人{many}人，纸质表决票最多印{MOST_CANDIDATES}人，请先按议事规则减少",
                "motions",
            )
        )
    unfit = sum(count < len(CONDITIONS) for count in ballot.conditions)
    silent = ballot.consented.count(False)
    if unfit:
        found.append(
            Reason(
                "election.conditions",
                f"第{n}项有{unfit}名候选人没有声明全部六项条件",
                "motions",
            )
        )
    if silent:
        found.append(
            Reason("election.consent", f"第{n}项有{silent}名候选人没有同意公开信息", "motions")
        )
    if many and not ballot.drawn:
        found.append(Reason("election.not_drawn", f"第{n}项候选人的顺序还没有抽签", "motions"))
    return found
