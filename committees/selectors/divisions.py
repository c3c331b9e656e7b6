"""How many estates have a committee by the division codes, whoever answers for them."""

import re
from collections import defaultdict
from typing import NamedTuple

from django.db.models import Count as Number
from django.db.models import Q

from accounts.reach import Reach
from committees.domain.formation import Count
from committees.selectors.formation import in_office
from registry.models import Division, Estate

# How many of a code's twelve digits tell, by level of division.
DIGITS = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


def told_digits(code: str) -> str:
    """The digits of a code that tell: those of the divisions below it begin with them."""
    length = len(code.rstrip("0"))
    return code[: next(digits for digits in DIGITS.values() if digits >= length)]


def lies_in(code: str) -> Q:
    """The estates in a division."""
    return _begins(told_digits(code))


def _begins(prefix: str) -> Q:
    # ":" comes after "9".
    return Q(division__gte=prefix, division__lt=prefix + ":")


class Below(NamedTuple):
    """A division with what lies in it."""

    division: Division
    estates: Count


class Divided(NamedTuple):
    """A division, the one above it within the place, its estates, and those below it."""

    at: Division
    above: Division | None
    estates: Count
    below: list[Below]


def divided(reach: Reach, code: str) -> Divided:
    """The estates of a place by division, below one of them ("": the place's own).

    LookupError where the place has no division or the code lies outside it.
    """
    top = _top(reach)
    at = _within(top, code or top.code)
    short = DIGITS.get(at.level + 1, 12)
    whole, rolled = Count(), defaultdict[str, Count](Count)
    for place, count in _own(reach, at.code[: DIGITS[at.level]]).items():
        whole = whole.plus(count)
        rolled[place[:short]] = rolled[place[:short]].plus(count)
    children = Division.objects.filter(parent=at).order_by("code")
    below = [Below(one, rolled[one.code[:short]]) for one in children]
    above = at.parent if at.code != top.code else None
    return Divided(at, above, whole, [one for one in below if one.estates.total])


def division_within(reach: Reach, code: str) -> Division:
    """The division of that code; LookupError as for `divided`."""
    return _within(_top(reach), code)


def _within(top: Division, code: str) -> Division:
    if not re.fullmatch(r"[0-9]{12}", code, re.ASCII):
        raise LookupError(code)
    at = Division.objects.filter(code=code).select_related("parent").first()
    if at is None or not at.code.startswith(top.code[: DIGITS[top.level]]):
        raise LookupError(code)
    return at


def _top(reach: Reach) -> Division:
    """A zone answers for estates anywhere in its city: the codes know no place of its own."""
    at = reach.at
    if at is not None and at.kind == "zone_administration":
        at = at.parent
    if at is None or at.division is None:
        raise LookupError
    return at.division


def _own(reach: Reach, prefix: str) -> dict[str, Count]:
    """Of each 社区 below a prefix, the estates within reach; two queries."""
    estates = reach.narrowed(Estate.objects.filter(_begins(prefix)), "").order_by()
    living = in_office().filter(estate__in=estates).order_by()
    totals = estates.values_list("division", "authority").annotate(Number("pk"))
    formed = living.values_list("estate__division", "estate__authority", "kind")
    found = defaultdict[str, Count](Count)
    for place, authority, total in totals:
        if reach.has(authority):
            found[place] = found[place].plus(Count(total))
    for place, authority, kind, many in formed.annotate(Number("pk")):
        if reach.has(authority):
            found[place] = found[place].plus(Count(**{kind: many}))
    return found
