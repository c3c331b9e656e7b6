"""A second, slow counter for tests: single ballots, fractions, and every order tried.

It shares nothing with the counter it checks. Whoever is elected whatever way ties are broken
is elected; whoever is only sometimes is undecided.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations
from typing import Any

Ballots = list[tuple[int, list[Any]]]
"""(area, per motion the chosen options by place, or None where it does not take part)."""


def results(
    motions: list[dict[str, Any]],
    roll: list[int],
    ballots: Ballots,
    *,
    withdrawn: dict[str, set[str]] | None = None,
    silent: list[int] | None = None,
) -> list[dict[str, Any]]:
    """What the `result` entry says beside ids and figures. `roll`: the areas of all parties;
    `silent`: the areas of those deemed to have voted, None where no rule says so."""
    out = []
    for at, motion in enumerate(motions):
        given = [(area, answers[at]) for area, answers in ballots if answers[at] is not None]
        if motion["kind"] == "election":
            gone = (withdrawn or {}).get(motion["id"], set())
            out.append(_election(motion, roll, given, gone))
        else:
            out.append(_question(motion, roll, given, silent or []))
    for field in ("result", "actual"):
        for _ in motions:  # as often as the longest chain can be
            state = {m["id"]: one[field] for m, one in zip(motions, out, strict=True)}
            for motion, one in zip(motions, out, strict=True):
                if one[field] == "passed" and any(
                    state[other] != "passed" for other in motion["requires"]
                ):
                    one[field] = "rejected"
    for one in out:
        if one["result"] != "passed" and "elected" in one:
            one.update(elected=[], alternates=[], undecided=[])
        if silent is None:
            del one["actual"], one["deemed"]
    return out


def _part(given: list[tuple[int, Any]]) -> tuple[int, int]:
    return len(given), sum(area for area, _ in given)


def _at_least(fraction: Fraction, part: tuple[int, int], whole: tuple[int, int]) -> bool:
    pairs = zip(part, whole, strict=True)
    return all(all_ > 0 and Fraction(some, all_) >= fraction for some, all_ in pairs)


def _approved(approval: str, part: tuple[int, int], whole: tuple[int, int]) -> bool:
    if approval == "3/4":
        return _at_least(Fraction(3, 4), part, whole)
    return all(some > Fraction(all_, 2) for some, all_ in zip(part, whole, strict=True))


def _verdict(motion: dict[str, Any], roll: list[int], given: list[tuple[int, Any]]) -> str:
    whole = (len(roll), sum(roll))
    if not _at_least(Fraction(2, 3), _part(given), whole):
        return "no_quorum"
    for_it = _part([one for one in given if one[1] == [0]])
    return "passed" if _approved(motion["approval"], for_it, _part(given)) else "rejected"


def _question(
    motion: dict[str, Any], roll: list[int], given: list[tuple[int, Any]], silent: list[int]
) -> dict[str, Any]:
    joined = None
    for option in range(3):
        side = _part([one for one in given if one[1] == [option]])
        if _approved("1/2", side, _part(given)):
            joined = option
    joining = [] if joined is None else [(area, [joined]) for area in silent]
    result = _verdict(motion, roll, given + joining)
    return {
        "quorum_met": result != "no_quorum",
        "result": result,
        "actual": _verdict(motion, roll, given),
        "deemed": {
            "joined": None if joined is None else motion["options"][joined],
            "heads": len(silent),
            "area": sum(silent),
        },
    }


def _merit(by: str, votes: tuple[int, int], whole: tuple[int, int]) -> Any:
    heads, area = votes
    if by == "shares":
        return Fraction(heads, whole[0]) + Fraction(area, whole[1])
    return {
        "heads": heads,
        "area": area,
        "heads_then_area": (heads, area),
        "area_then_heads": (area, heads),
    }[by]


def _election(
    motion: dict[str, Any],
    roll: list[int],
    given: list[tuple[int, Any]],
    gone: set[str],
) -> dict[str, Any]:
    terms, options = motion["election"], motion["options"]
    whole = _part(given)
    votes = {
        option: _part([one for one in given if place in one[1]])
        for place, option in enumerate(options)
    }
    quorum = _at_least(Fraction(2, 3), whole, (len(roll), sum(roll)))
    qualified = [
        option
        for option in options
        if quorum and option not in gone and _approved(motion["approval"], votes[option], whole)
    ]
    seats, cited = terms["seats"], terms["stands"]
    filled = min(seats, len(qualified))
    stands = None
    if cited:
        stands = filled >= cited["minimum"] and Fraction(filled, seats) > Fraction(1, 2)
    passed = quorum and filled > 0 and stands is not False
    orders = [()] if not passed else list(permutations(qualified))
    if terms["ranking"] and passed:
        merit = {o: _merit(terms["ranking"]["by"], votes[o], whole) for o in qualified}
        orders = [
            order for order in orders if all(merit[x] >= merit[y] for x, y in pairwise(order))
        ]
    seated = [set(order[:seats]) for order in orders]
    elected = set.intersection(*seated)
    undecided = set.union(*seated) - elected
    next_ones: set[str] = set()
    if not undecided:
        rows = [set(order[seats : seats + terms["alternates"]]) for order in orders]
        next_ones = set.intersection(*rows)
    # equals among the alternates stand as on the ballot, which the first order keeps
    first = min(orders, key=lambda order: [options.index(one) for one in order])
    result = "passed" if passed else "rejected" if quorum else "no_quorum"
    return {
        "quorum_met": quorum,
        "result": result,
        "actual": result,
        "deemed": None,
        "withdrawn": [option for option in options if option in gone],
        "qualified": qualified,
        "elected": [option for option in options if option in elected],
        "alternates": [option for option in first if option in next_ones],
        "undecided": [option for option in options if option in undecided],
        "stands": stands,
    }
