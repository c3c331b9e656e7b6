"""Any course of entries, reversals, closings and corrections, beside a reckoning of its own.

The reckoning keeps plain lists: what was booked in which quarter, and what each published
version said. It knows nothing of postings, versions in the database, or digests.
"""

import json
import os
from collections import defaultdict
from datetime import date, timedelta
from random import Random

import pytest

from core.deadlines import start_of
from core.errors import RuleViolation
from disclosures.domain.entries import Money
from disclosures.models import Entry
from disclosures.selectors.figures import stale_periods
from disclosures.services.entries import Said, enter, reverse, review
from disclosures.services.papers import look_over
from tests.disclosures.accounts import (
    COMMITTEE,
    MANAGER,
    accounts_estate,
    can_sign,
    open_books,
    published,
)
from tests.documents.test_intake import picture

pytestmark = pytest.mark.django_db
QUARTERS = [date(2026, 1, 1), date(2026, 4, 1), date(2026, 7, 1)]
NOW = date(2026, 11, 20)
IN = ("parking", "advertising", "interest")
OUT = ("upkeep", "tax", "to_fund")


class Reckoning:
    """Quarter → what was booked: (heading, fen as it moves the balance)."""

    def __init__(self, opening):
        self.opening = opening
        self.booked = defaultdict(list)
        self.out = {}  # quarter → (opening, closing, sums by heading) as last published

    def balance(self, until):
        return self.opening + sum(
            fen for first in QUARTERS if first < until for _heading, fen in self.booked[first]
        )

    def says(self, first):
        sums = defaultdict(int)
        for heading, fen in self.booked[first]:
            sums[heading] += abs(fen) if (fen > 0) == (heading in IN) else -abs(fen)
        end = next((one for one in QUARTERS if one > first), date(2026, 10, 1))
        return self.balance(first), self.balance(end), dict(sums)


def fen_of(printed):
    whole, cents = printed.replace(",", "").lstrip("-").split(".")
    return (-1 if printed.startswith("-") else 1) * (int(whole) * 100 + int(cents))


TITLES = {
    "车位场地使用费": "parking", "广告": "advertising", "孳息": "interest",
    "设施维护和能耗": "upkeep", "税费": "tax", "转入维修资金": "to_fund",
}  # fmt: skip


class Course:
    """One estate's book, and what the reckoning knows of it."""

    def __init__(self, seed):
        self.chance, self.minutes = Random(seed), 0
        self.book = open_books(accounts_estate(), opening=50_000, since=QUARTERS[0])
        self.known = Reckoning(50_000)

    def at(self):
        self.minutes += 1
        return start_of(NOW) + timedelta(minutes=self.minutes)

    def seal(self, entry):
        for paper in entry.papers.values_list("paper", flat=True):
            look_over(paper_id=paper, by=MANAGER, at=self.at())
        review(entry_id=entry.pk, by=COMMITTEE, at=self.at())

    def book_one(self):
        chance = self.chance
        first, heading = chance.choice(QUARTERS), chance.choice(IN + OUT)
        fen, kept = chance.randint(1, 90_000), 0
        if heading == "advertising" and chance.random() < 0.4:
            kept = chance.randint(1, fen)
        entry = enter(
            book_id=self.book.pk,
            money=Money(heading, fen, "tax" if kept else "", kept),
            said=Said(first + timedelta(days=chance.randint(0, 80)), "某公司", "随机的一笔"),
            papers=[("a.jpg", str(self.minutes).encode())],
            submission=str(self.minutes),
            by=MANAGER,
            at=self.at(),
        )
        self.seal(entry)
        self.reckon(entry, 1)

    def take_back(self):
        rows = list(Entry.objects.filter(state="sealed", reverses=None, reversals=None))
        if not rows:
            return
        entry = self.chance.choice(rows)
        back = reverse(
            entry_id=entry.pk, dated_on=entry.dated_on, reason="随机冲正", by=MANAGER,
            at=self.at(),
        )  # fmt: skip
        self.seal(back)
        self.reckon(entry, -1)

    def reckon(self, entry, sign):
        first = max(one for one in QUARTERS if one <= entry.dated_on)
        side = 1 if entry.heading in IN else -1
        self.known.booked[first].append((entry.heading, sign * side * entry.fen))
        if entry.kept:
            self.known.booked[first].append(("tax", -sign * entry.kept_fen))

    def put_out(self):
        known, first = self.known, self.chance.choice(QUARTERS)
        before = [one for one in QUARTERS if one < first][-1:]
        holds = all(known.out.get(one) == known.says(one) for one in before)
        same = known.out.get(first) == known.says(first)
        try:
            out = published(self.book, first, at=self.at(), correction="随机更正一次")
        except RuleViolation as refused:
            codes = {one.code for one in refused.facts["reasons"]}
            assert codes <= {"closing.behind", "closing.same"}
            # Refused as the same only where it is; as behind only where one before is not
            # out, or had entries since (such as cancel each other, too).
            assert same or "closing.same" not in codes
            return
        assert holds
        opening, closing, sums = known.says(first)
        assert (out.opening_fen, out.closing_fen) == (opening, closing)
        said = defaultdict(int)
        for line in json.loads(bytes(out.document.facts))["lines"]:
            said[TITLES[line["account"]]] += fen_of(line["amount"])
        assert {key: fen for key, fen in said.items() if fen} == {
            key: fen for key, fen in sums.items() if fen
        }
        known.out[first] = known.says(first)


@pytest.mark.parametrize("seed", range(int(os.environ.get("YISHI_COURSES", "4"))))
def test_any_course(seed, settings, tmp_path, monkeypatch):
    can_sign(settings, tmp_path)
    page = picture((40, 40))
    monkeypatch.setattr("disclosures.steps.pages_of", lambda content: [page])
    course = Course(seed)
    acts = [course.book_one] * 3 + [course.take_back] + [course.put_out] * 2
    for _step in range(40):
        course.chance.choice(acts)()
    # What is out and no longer true is known to be so, and nothing else.
    known = course.known
    wrong = {first for first, said in known.out.items() if said != known.says(first)}
    again = stale_periods(course.book)
    stale = {one.first for one in course.book.periods.all() if one.pk in again}
    assert wrong <= stale
    for first in stale - wrong:  # entries that cancel each other still ask for a new version
        assert Entry.objects.filter(period__first=first, version__gt=1).exists()
    assert known.out
