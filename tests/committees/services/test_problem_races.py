"""Several at once: a fact is filed once, a problem closed once, a number given once."""

from __future__ import annotations

from datetime import date

import pytest

from committees.models import Problem, ProblemItem, ProblemPage, ProblemStep
from committees.services.findings import file_findings
from committees.services.problems import add_item
from disclosures.selectors.findings import Evidence, Finding
from registry.domain.problems import ITEMS
from tests.committees.city import AT, authority, city
from tests.committees.troubles import BUREAU, STREET, closed, place, progressed, reported
from tests.disclosures.services.test_races import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("erasable"),
    pytest.mark.postgres,
]


@pytest.fixture
def estate():
    city()
    return place()


def test_two_sweepers_file_a_fact_once(estate):
    found = [
        Finding(
            f"22:{estate.code}:{number}", estate, 22, ITEMS[22].words, "committee",
            "业主委员会", date(2026, 10, 1), (Evidence("disclosures.duty", number, "逾期"),),
        )
        for number in range(5)
    ]  # fmt: skip

    def sweep():
        file_findings(estate_id=estate.pk, found=found, at=AT)

    assert together(sweep, sweep, sweep) == []
    assert sorted(Problem.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    together(*(lambda: file_findings(estate_id=estate.pk, found=[], at=AT) for _n in range(3)))
    assert ProblemStep.objects.filter(kind="gone").count() == 5


def test_two_tabs_close_once(estate):
    problem = reported(estate)
    progressed(problem)
    refused = together(lambda: closed(problem, by=STREET), lambda: closed(problem, by=BUREAU))
    assert refused == ["problem.closed"]
    assert ProblemStep.objects.filter(kind="closed").count() == 1
    assert ProblemPage.objects.count() == 1


def test_progress_and_closing_at_once_are_one_after_the_other(estate):
    problem = reported(estate)
    progressed(problem)
    refused = together(
        lambda: closed(problem, by=BUREAU),
        lambda: progressed(problem, "街道又清运一次", by=STREET),
    )
    assert refused in ([], ["problem.closed"])
    problem.refresh_from_db()
    numbers = list(problem.steps.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, problem.last_step + 1))


def test_reported_at_once_they_have_numbers_of_their_own(estate):
    assert together(*(lambda: reported(estate) for _n in range(4))) == []
    assert sorted(Problem.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    together(*(lambda: reported(estate, submission="one") for _n in range(3)))
    assert Problem.objects.count() == 5


def test_a_number_is_given_to_one_item(estate):
    def by(who: str):
        pk = authority(who).pk
        return lambda: add_item(
            authority_id=pk, number=23, words="高空抛物", actor="user:1", at=AT
        )

    refused = together(by("样例市住建局"), by("东区住建局"), by("东1街道办事处"))
    assert refused == ["item.invalid"] * 2
    assert ProblemItem.objects.count() == 1
