"""What the system finds is put on the register once; what is gone a person closes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from committees import tasks
from committees.models import Problem, ProblemStep
from committees.selectors import findings as finding_selectors
from committees.selectors.findings import due_findings
from committees.services.findings import file_findings
from committees.services.problem_closings import close_problem
from core.deadlines import start_of
from disclosures.models import Duty
from disclosures.selectors.findings import Evidence, Finding
from disclosures.services.books import change_holder
from disclosures.services.duties import enrol, open_duties
from disclosures.services.questions import answer, ask
from disclosures.services.sources import Said
from registry.domain.problems import ITEMS
from registry.models import Estate
from tests.committees.troubles import BUREAU, STREET
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    OWNER,
    accounts_estate,
    can_sign,
    held,
    open_books,
    published,
    voucher,
)

pytestmark = pytest.mark.django_db
D = date.fromisoformat
BEGAN = date(2026, 10, 1)
LATE = start_of(D("2026-11-20")) + timedelta(hours=9)


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def estate():
    return accounts_estate()


def enrolled(estate):
    enrol(estate_ids=[estate.pk], since=FIRST, has_manager=True, by=STREET, at=start_of(FIRST))
    open_duties(start_of(D("2027-03-01")))


def one_finding(estate, key="22:X:1", since=BEGAN, code=22):
    proof = Evidence("disclosures.duty", 5, "应在10月1日以前公布，还没有公布")
    return Finding(
        key, estate, code, ITEMS[code].words, "committee", "业主委员会", since, (proof,)
    )


def finders(monkeypatch, *found):
    """These findings stand, and no others."""
    monkeypatch.setattr(finding_selectors, "FINDERS", (lambda _estates, _on: list(found),))


def sweep(at=LATE):
    return tasks.file_due_findings(at)


def kinds(problem):
    return list(problem.steps.order_by("number").values_list("kind", flat=True))


def close(problem, day, at):
    return close_problem(
        problem_id=problem.pk, day=day, inspector="钱检", text="现场看过，已经公布",
        papers=[voucher()], by=STREET, at=at,
    )  # fmt: skip


def test_16_18_and_22_with_the_rows_that_prove_them(estate):
    enrolled(estate)
    assert sweep() == 1
    filed = Problem.objects.order_by("number")
    assert {one.item for one in filed} == {16, 18, 22}
    assert {one.group for one in filed} == {3, 4, 5}
    for one in filed:
        assert (one.source, one.state, one.deadline) == ("system", "open", None)
        assert one.finding.startswith(f"{one.item}:{estate.code}:")
        assert one.content
        step = one.steps.get()
        for row in step.rows:
            model, pk = row.split(":")
            if model == "disclosures.duty":
                duty = Duty.objects.get(pk=pk)
                assert duty.estate == estate
                assert duty.late_on <= D("2026-11-20")
    sixteen = next(one for one in filed if one.item == 16)
    assert sixteen.unit == "物业服务企业"
    assert "公共收益应在2026年10月30日以前公布" in sixteen.content


def test_filed_once(estate):
    enrolled(estate)
    assert sweep() == 1
    before = list(Problem.objects.values_list("finding", flat=True))
    assert sweep() == 0
    assert sweep(LATE + timedelta(hours=1)) == 0
    # A second process looked at the same instant, and comes late.
    found = [one_finding(estate, key) for key in before]
    assert file_findings(estate_id=estate.pk, found=found, at=LATE) == 0
    assert list(Problem.objects.values_list("finding", flat=True)) == before
    assert ProblemStep.objects.count() == len(before)


def test_what_is_gone_is_progress_and_a_person_closes_it(estate):
    book = open_books(estate)
    mixed = held(is_apart=False, bank="", number="", why_not="还没有开户")
    change_holder(
        book_id=book.pk, held=mixed, since=D("2026-08-01"), by=COMMITTEE, at=AT
    )  # fmt: skip
    assert sweep(AT + timedelta(days=1)) == 1
    problem = Problem.objects.get()
    assert (problem.item, problem.found_on) == (16, D("2026-08-01"))
    assert "还没有开户" in problem.content
    change_holder(
        book_id=book.pk, held=held(), since=D("2026-11-10"), by=COMMITTEE,
        at=start_of(D("2026-11-10")),
    )  # fmt: skip
    assert sweep() == 1
    assert sweep() == 0
    problem.refresh_from_db()
    assert problem.state == "open"
    assert kinds(problem) == ["reported", "gone"]
    gone = problem.steps.get(kind="gone")
    assert (gone.day, gone.actor) == (D("2026-11-20"), "system")
    close(problem, D("2026-11-20"), LATE)
    assert sweep() == 0
    problem.refresh_from_db()
    assert problem.state == "closed"


def test_back_while_open(estate, monkeypatch):
    finders(monkeypatch, one_finding(estate))
    assert sweep() == 1
    finders(monkeypatch)
    assert sweep() == 1
    finders(monkeypatch, one_finding(estate))
    assert sweep() == 1
    assert sweep() == 0
    problem = Problem.objects.get()
    assert kinds(problem) == ["reported", "gone", "again"]
    assert problem.steps.get(kind="again").rows == ["disclosures.duty:5"]
    finders(monkeypatch)
    assert sweep() == 1
    assert kinds(problem) == ["reported", "gone", "again", "gone"]


def test_closed_it_stays_closed_unless_it_happened_anew(estate, monkeypatch):
    finders(monkeypatch, one_finding(estate))
    sweep()
    finders(monkeypatch)
    sweep()
    problem = Problem.objects.get()
    close(problem, D("2026-11-20"), LATE)
    # The row says the same as before: people have looked at it.
    finders(monkeypatch, one_finding(estate))
    assert sweep() == 0
    finders(monkeypatch, one_finding(estate, since=D("2026-11-25")))
    later = LATE + timedelta(days=6)
    assert sweep(later) == 1
    assert sweep(later) == 0
    problem.refresh_from_db()
    assert problem.state == "open"
    assert kinds(problem)[-2:] == ["closed", "reopened"]
    with pytest.raises(Exception, match="还没有整改进展"):
        close(problem, D("2026-11-26"), later)


def test_two_estates_do_not_meet(estate, monkeypatch):
    other = accounts_estate(
        Estate.objects.create(
            code="OTHER000", name="另一个", division=estate.division,
            authority=estate.authority, profile_code=estate.profile_code,
        )
    )  # fmt: skip
    finders(monkeypatch, one_finding(estate, "22:a"), one_finding(other, "22:b"))
    assert sweep() == 2
    finders(monkeypatch, one_finding(estate, "22:a"))
    assert sweep() == 1
    assert kinds(Problem.objects.get(estate=estate)) == ["reported"]
    assert kinds(Problem.objects.get(estate=other)) == ["reported", "gone"]


def test_one_that_fails_does_not_hold_up_the_others(estate, monkeypatch):
    other = Estate.objects.create(
        code="OTHER000", name="另一个", division=estate.division, authority=estate.authority
    )
    finders(monkeypatch, one_finding(estate, "22:a"), one_finding(other, "22:b"))
    real = tasks.file_findings

    def fail(*, estate_id, found, at):
        if estate_id == estate.pk:
            raise OSError
        return real(estate_id=estate_id, found=found, at=at)

    monkeypatch.setattr(tasks, "file_findings", fail)
    assert sweep() == 1
    assert Problem.objects.get().estate == other


def test_questions_answered_late(estate):
    publication = published(open_books(estate))
    asked = ask(
        publication_id=publication.pk, kind="question", line=None,
        said=Said("为什么？", None, "1"), by=OWNER, at=start_of(D("2026-10-20")),
    )  # fmt: skip
    assert sweep() >= 1
    problem = Problem.objects.get(item=22)
    assert "第1号提问" in problem.content
    assert "为什么" not in problem.content
    answer(
        question_id=asked.pk, upheld=False, text="已经核对，答复如下", covered=[],
        by=COMMITTEE, at=LATE,
    )  # fmt: skip
    assert sweep(LATE + timedelta(days=1)) >= 1
    assert kinds(problem) == ["reported", "gone"]


def test_the_command_does_the_same(estate, capsys):
    enrolled(estate)
    call_command("file_findings")
    assert "有新情况的小区：1 个" in capsys.readouterr().out
    count = Problem.objects.count()
    call_command("file_findings")
    assert "有新情况的小区：0 个" in capsys.readouterr().out
    assert Problem.objects.count() == count > 0


def test_so_many_queries_however_many_estates(estate, django_assert_max_num_queries):
    enrolled(estate)
    list(due_findings(D("2026-11-20")))
    for number in range(9):
        Estate.objects.create(
            code=f"MORE{number:04}", name=f"苑{number}", division=estate.division,
            authority=estate.authority,
        )  # fmt: skip
    with django_assert_max_num_queries(25):
        assert len(list(due_findings(D("2026-11-20")))) == 1


def test_closing_needs_another_than_the_system(estate, monkeypatch):
    finders(monkeypatch, one_finding(estate))
    sweep()
    finders(monkeypatch)
    sweep()
    problem = Problem.objects.get()
    assert close(problem, D("2026-11-20"), LATE).state == "closed"
    assert problem.steps.get(kind="closed").role == STREET.role != BUREAU.role
