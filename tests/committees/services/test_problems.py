"""The problem register: one problem a row, every step kept, closed by another person."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from PIL import Image

from committees.models import Problem, ProblemItem, ProblemPage, ProblemStep
from committees.selectors.problems import history_of, plain_page
from committees.services.problem_closings import reopen_problem
from committees.services.problems import add_item, correct_problem, move_deadline
from core.canonical import parse_canonical
from core.errors import RuleViolation
from disclosures.steps import By
from logbook.models import Entry
from tests.committees.city import AT, authority, city
from tests.committees.troubles import (
    BUREAU,
    CLERK,
    DUE,
    FOUND,
    STREET,
    TODAY,
    closed,
    place,
    progressed,
    reported,
    said,
)
from tests.documents.test_scans import photo

pytestmark = pytest.mark.django_db
EXE = b"MZ\x90\x00" + b"\x00" * 200
WHY = "连续下雨，不能施工"


@pytest.fixture
def estate():
    city()
    return place()


def codes(refused: pytest.ExceptionInfo[RuleViolation]) -> list[str]:
    return [one.code for one in refused.value.facts["reasons"]]


def refusal(act, **given):
    with pytest.raises(RuleViolation) as refused:
        act(**given)
    return refused


def log(estate) -> list[dict]:
    rows = Entry.objects.filter(log__name=f"estate/{estate.code}").order_by("seq")
    return [parse_canonical(bytes(one.line)) for one in rows]


def test_it_works(estate):
    problem = reported(estate)
    assert (problem.number, problem.group, problem.state) == (1, 1, "open")
    progressed(problem, person="孙报")
    done = closed(problem)
    assert (done.state, done.closed_on) == ("closed", date(2026, 10, 25))
    steps = history_of(problem)
    assert [one.kind for one in steps] == ["closed", "progress", "reported"]
    assert [one.person for one in steps] == ["钱检", "孙报", ""]
    assert len(steps[0].shown_pages) == 1
    entries = log(estate)
    assert [one["type"] for one in entries] == [
        "problem.reported", "problem.progress", "problem.closed",
    ]  # fmt: skip
    for name in ("赵工", "孙报", "钱检", "清运"):
        assert name not in json.dumps(entries, ensure_ascii=False)


def test_the_same_form_sent_twice_is_one_problem(estate):
    first = reported(estate, submission="x")
    assert reported(estate, submission="x", content="别的话").pk == first.pk
    assert reported(estate).number == 2
    other = place("西苑", "999902001001")
    assert reported(other, submission="x").number == 1


def test_progress_sent_twice_is_one(estate):
    problem = reported(estate)
    assert progressed(problem).pk == progressed(problem).pk
    assert progressed(problem, "第三次清运").number == 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"item": 0}, "problem.item"),
        ({"item": -1}, "problem.item"),
        ({"item": 23}, "problem.item"),
        ({"item": 15, "group": 1}, "problem.group"),
        ({"content": " "}, "content.missing"),
        ({"content": "联系人电话13800001234"}, "content.personal"),
        ({"content": "身份证999999199001011234的住户"}, "content.personal"),
        ({"content": "电话１３８ ００００ １２３４"}, "content.personal"),
        ({"content": "x" * 601}, "content.too_long"),
        ({"content": "\x00"}, "content.unreadable"),
        ({"measures": "打 138-0000-1234 找他"}, "measures.personal"),
        ({"unit": ""}, "unit.missing"),
        ({"person": "13800001234"}, "person.personal"),
        ({"campaign": 5}, "problem.campaign"),
        ({"source": "system"}, "problem.source"),
        ({"source": "x"}, "problem.source"),
        ({"found_on": TODAY + timedelta(days=1), "deadline": None}, "problem.found"),
        ({"found_on": date(1999, 12, 31)}, "problem.found"),
        ({"deadline": FOUND - timedelta(days=1)}, "problem.deadline"),
        ({"deadline": None}, "problem.deadline"),
        ({"deadline": date(9999, 12, 31)}, "problem.deadline"),
        ({"deadline": date(2028, 11, 3)}, "problem.deadline"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(estate, changes, code):
    refused = refusal(reported, estate=estate, **changes)
    assert refused.value.code == "problem.invalid"
    assert code in codes(refused)
    assert not Problem.objects.exists()


def test_every_reason_at_once(estate):
    refused = refusal(reported, estate=estate, item=0, content="", unit="", source="")
    assert len(codes(refused)) == 4


def test_the_day_it_is_due_may_be_the_day_it_was_found(estate):
    assert reported(estate, deadline=FOUND).deadline == FOUND


def test_who_may(estate):
    for by in (By("user:1", "organiser"), By("user:1", "property_manager"), By("user:1")):
        assert refusal(reported, estate=estate, by=by).value.code == "problem.role"
    problem = reported(estate)
    progressed(problem)
    assert refusal(closed, problem=problem, by=CLERK).value.code == "problem.role"


class TestClosing:
    @pytest.fixture
    def problem(self, estate):
        problem = reported(estate)
        progressed(problem, person="孙报")
        return problem

    def test_needs_evidence(self, problem):
        refused = refusal(closed, problem=problem, papers=[])
        assert codes(refused) == ["problem.evidence"]

    def test_evidence_is_a_picture(self, problem):
        for name, content in (("a.jpg", b""), ("a.jpg", EXE), ("a.pdf", b"%PDF-1.4 x")):
            refused = refusal(closed, problem=problem, papers=[(name, content)])
            assert refused.value.code.startswith("paper.")
        assert not ProblemPage.objects.exists()
        problem.refresh_from_db()
        assert problem.state == "open"

    def test_where_a_picture_was_taken_is_not_kept(self, problem):
        closed(problem, papers=[("现场.jpg", photo())])
        page = plain_page(ProblemPage.objects.get())
        assert not Image.open(io.BytesIO(page)).getexif()
        assert b"Somephone" not in page
        assert bytes(ProblemPage.objects.get().content) != page

    def test_not_by_who_entered_the_progress(self, problem):
        progressed(problem, "又清运一次", by=STREET)
        assert refusal(closed, problem=problem).value.code == "problem.same_person"
        assert closed(problem, by=BUREAU).state == "closed"

    def test_who_entered_an_earlier_progress_may(self, problem):
        progressed(problem, "街道催办", by=STREET)
        progressed(problem, "又清运一次", by=CLERK)
        assert closed(problem, by=STREET).state == "closed"

    def test_all_progress_counts_and_not_the_one_entered_last(self, problem):
        """Entered late, an earlier step neither hides a later day nor who reported it."""
        progressed(problem, day=date(2026, 10, 28), person="孙工")
        progressed(problem, "先运走了一半", day=date(2026, 10, 22))
        refused = refusal(closed, problem=problem, day=date(2026, 10, 27), inspector="孙工")
        assert sorted(codes(refused)) == ["problem.day", "problem.inspector"]
        assert closed(problem, day=date(2026, 10, 28)).state == "closed"

    def test_the_inspector_is_somebody_else(self, problem):
        for name in ("赵工", " 孙报 ", "赵 工", "赵　工", "孙\u2003报"):
            assert codes(refusal(closed, problem=problem, inspector=name)) == [
                "problem.inspector"
            ]
        assert codes(refusal(closed, problem=problem, inspector="")) == ["inspector.missing"]

    @pytest.mark.parametrize(
        "day", [FOUND - timedelta(days=1), date(2026, 10, 19), TODAY + timedelta(days=1)]
    )
    def test_the_day_lies_between_the_progress_and_today(self, problem, day):
        assert codes(refusal(closed, problem=problem, day=day)) == ["problem.day"]

    def test_needs_progress(self, estate):
        problem = reported(estate)
        assert refusal(closed, problem=problem).value.code == "problem.no_progress"

    def test_twice(self, problem):
        closed(problem)
        refused = refusal(closed, problem=problem, by=BUREAU)
        assert refused.value.code == "problem.closed"
        assert "已经销号" in str(refused.value)
        assert ProblemStep.objects.filter(kind="closed").count() == 1

    def test_nothing_else_once_closed(self, problem):
        closed(problem)
        for act in (
            lambda: progressed(problem, "又有进展"),
            lambda: moved(problem),
            lambda: corrected(problem, content="别的话"),
        ):
            with pytest.raises(RuleViolation) as refused:
                act()
            assert refused.value.code == "problem.closed"

    def test_open_again_with_a_reason(self, problem):
        closed(problem)
        refused = refusal(
            reopen_problem, problem_id=problem.pk, reason="", deadline=FOUND, by=STREET, at=AT
        )
        assert codes(refused) == ["reason.missing", "problem.deadline"]
        far = {"reason": "垃圾又满溢了", "deadline": date(9999, 12, 31), "by": STREET, "at": AT}
        refused = refusal(reopen_problem, problem_id=problem.pk, **far)
        assert codes(refused) == ["problem.deadline"]
        until = date(2026, 12, 1)
        again = reopen_problem(
            problem_id=problem.pk, reason="垃圾又满溢了", deadline=until, by=STREET, at=AT
        )
        assert (again.state, again.closed_on, again.deadline) == ("open", None, until)
        refused = refusal(
            reopen_problem,
            problem_id=problem.pk, reason="垃圾又满溢了", deadline=until, by=STREET, at=AT,
        )  # fmt: skip
        assert refused.value.code == "problem.open"
        # What was done before does not close it a second time.
        assert refusal(closed, problem=problem, day=TODAY).value.code == "problem.no_progress"
        progressed(problem, "重新清运", day=TODAY)
        assert closed(problem, day=TODAY).state == "closed"


def moved(problem, to=date(2026, 11, 30), reason=WHY, by=STREET):
    return move_deadline(problem_id=problem.pk, deadline=to, reason=reason, by=by, at=AT)


def corrected(problem, reason="登记的时候写错了", by=CLERK, **changes):
    return correct_problem(
        problem_id=problem.pk, said=said(**changes), reason=reason, by=by, at=AT
    )


def test_a_deadline_is_moved_with_a_reason(estate):
    problem = reported(estate)
    for to, reason, code in (
        (date(2026, 11, 30), "", "reason.missing"),
        (date(2026, 11, 30), "忙", "reason.short"),
        (FOUND - timedelta(days=1), WHY, "problem.deadline"),
        (TODAY - timedelta(days=1), WHY, "problem.deadline"),
        (date(9999, 12, 31), WHY, "problem.deadline"),
    ):
        assert code in codes(refusal(moved, problem=problem, to=to, reason=reason))
    assert refusal(moved, problem=problem, by=CLERK).value.code == "problem.role"
    assert moved(problem).deadline == date(2026, 11, 30)
    moved(problem)
    steps = list(problem.steps.values_list("kind", "deadline", "text"))
    assert steps == [
        ("reported", DUE, ""), ("moved", date(2026, 11, 30), WHY),
    ]  # fmt: skip


def test_a_correction_keeps_what_was_said(estate):
    problem = reported(estate)
    assert refusal(corrected, problem=problem).value.code == "problem.same"
    refused = refusal(corrected, problem=problem, reason="", content="x 13800001234")
    assert codes(refused) == ["content.personal", "reason.missing"]
    done = corrected(problem, item=2, content="北门路灯不亮", person="李工")
    assert (done.item, done.content, done.person) == (2, "北门路灯不亮", "李工")
    step = problem.steps.get(kind="corrected")
    assert json.loads(step.before) == {
        "item": 1, "content": "北门垃圾桶满溢，三天没有清运", "person": "赵工",
    }  # fmt: skip
    assert log(estate)[-1]["body"]["fields"] == ["content", "item", "person"]


class TestAddedItems:
    def add(self, who: str, number: int, words: str = "高空抛物", **changes):
        return add_item(
            authority_id=authority(who).pk, number=number, words=words, actor="user:33",
            at=AT, **changes,
        )  # fmt: skip

    def test_holds_at_a_place_and_below(self, estate):
        self.add("东区住建局", 23)
        problem = reported(estate, item=23)
        assert (problem.group, problem.words) == (5, "高空抛物")
        assert "problem.item" in codes(
            refusal(reported, estate=place("西苑", "999902001001"), item=23)
        )

    def test_is_of_the_fifth_class(self, estate):
        self.add("东区住建局", 23)
        assert codes(refusal(reported, estate=estate, item=23, group=1)) == ["problem.group"]
        assert reported(estate, item=23, group=5).group == 5

    @pytest.mark.parametrize("number", [0, 22, 1000])
    def test_is_numbered_after_the_papers(self, estate, number):
        refused = refusal(self.add, who="东区住建局", number=number)
        assert codes(refused) == ["item.number"]

    def test_one_number_is_one_thing_along_a_line(self, estate):
        self.add("东区住建局", 23)
        for who in ("样例市住建局", "东区住建局", "东1街道办事处"):
            assert codes(refusal(self.add, who=who, number=23)) == ["item.taken"]
        self.add("西区住建局", 23, "别的")
        assert codes(refusal(self.add, who="东区住建局", number=24, words=" ")) == [
            "words.missing"
        ]
        assert ProblemItem.objects.count() == 2


class TestTheDatabase:
    def refuses(self, act) -> None:
        with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic():
            act()

    def test_steps_and_pages_never_change(self, estate):
        problem = reported(estate)
        progressed(problem)
        closed(problem)
        for rows in (ProblemStep.objects, ProblemPage.objects):
            self.refuses(lambda rows=rows: rows.update(number=9))
            self.refuses(rows.all().delete)
        self.refuses(Problem.objects.all().delete)

    @pytest.mark.parametrize(
        "change",
        [
            {"content": "别的话"},
            {"deadline": date(2027, 1, 1)},
            {"state": "closed", "closed_on": TODAY},
            {"found_on": date(2026, 1, 1)},
            {"source": "petition"},
            {"unit": "别人"},
            {"last_step": 2},
            {"last_step": 2, "content": "别的话"},
            {"remarks": "x"},
        ],
    )
    def test_a_problem_changes_by_a_step(self, estate, change):
        reported(estate)
        self.refuses(lambda: Problem.objects.update(**change))

    def step(self, problem, **changes):
        given = {
            "problem": problem, "number": problem.last_step + 1, "kind": "progress",
            "day": TODAY, "state": "open", "deadline": problem.deadline, "actor": "user:9",
            "at": AT,
        }  # fmt: skip
        return ProblemStep.objects.create(**(given | changes))

    def test_a_step_of_one_kind_is_no_step_of_another(self, estate):
        problem = reported(estate)
        self.step(problem)
        self.refuses(lambda: Problem.objects.update(last_step=2, content="别的话"))
        later = date(2027, 1, 1)
        self.refuses(lambda: Problem.objects.update(last_step=2, deadline=later))
        Problem.objects.update(last_step=2)

    def test_not_closed_without_evidence(self, estate):
        problem = reported(estate)
        self.step(problem, kind="closed", state="closed")
        self.refuses(
            lambda: Problem.objects.update(last_step=2, state="closed", closed_on=TODAY)
        )

    def test_not_closed_by_who_entered_the_progress(self, estate):
        problem = reported(estate)
        progressed(problem, by=STREET)
        problem.refresh_from_db()
        self.refuses(
            lambda: self.step(problem, kind="closed", state="closed", actor=STREET.actor)
        )

    def test_a_closed_one_is_only_opened_again(self, estate):
        problem = reported(estate)
        self.refuses(lambda: self.step(problem, kind="reopened"))
        progressed(problem)
        closed(problem)
        problem.refresh_from_db()
        for kind in ("progress", "closed", "moved", "corrected", "gone"):
            self.refuses(lambda kind=kind: self.step(problem, kind=kind, state="closed"))
        page = ProblemPage.objects.get()
        self.refuses(
            lambda: ProblemPage.objects.create(
                step=page.step, number=2, name="x", source_sha256="", content=b"", sha256=""
            )
        )

    def test_an_item_is_known_and_a_source_has_its_key(self, estate):
        problem = reported(estate)
        fields = {
            one.attname: getattr(problem, one.attname)
            for one in Problem._meta.concrete_fields
            if not one.primary_key
        } | {"number": 9, "submission": "9"}
        Problem.objects.create(**fields)
        fields |= {"number": 10, "submission": "10"}
        for change in (
            {"item": 0}, {"item": 23}, {"source": "system"}, {"finding": "x"},
            {"closed_on": TODAY}, {"state": "closed"}, {"deadline": date(2020, 1, 1)},
            {"campaign": 5},
        ):  # fmt: skip
            self.refuses(lambda change=change: Problem.objects.create(**(fields | change)))


class TestARepetition:
    def test_the_same_by_the_same_person_within_a_day(self, estate):
        first = reported(estate, by=CLERK)
        refused = refusal(reported, estate=estate, by=CLERK, at=AT + timedelta(hours=23))
        assert (refused.value.code, refused.value.facts["first"]) == ("problem.again", first.pk)
        assert str(refused.value) == "已经登记过：第1号"
        assert estate.problems.count() == 1

    @pytest.mark.parametrize(
        "change",
        [
            {"content": "南门垃圾桶满溢，三天没有清运"},
            {"item": 2},
            {"found_on": FOUND + timedelta(days=1)},
            {"by": STREET},
            {"at": AT + timedelta(days=1)},
        ],
    )
    def test_anything_else_is_another_problem(self, estate, change):
        reported(estate, by=CLERK)
        assert reported(estate, **{"by": CLERK} | change).number == 2

    def test_elsewhere_it_is_another_problem(self, estate):
        reported(estate, by=CLERK)
        assert reported(place("西苑", "999902001001"), by=CLERK).number == 1
