"""Random courses after the close: no objection is lost, none is passed over, one resolution."""

import hashlib
from contextlib import suppress
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RuleViolation
from documents.models import Document
from tests.factories import AGAINST, CLOSE, FOR
from tests.voting.services.test_objections import answer, dispute, file
from tests.voting.services.test_result_in_steps import closed_vote
from tests.voting.services.test_rulings import ORGANISER, PDF, STREET, SUPERVISOR
from voting.models import Objection, PreliminaryResult, Ruling
from voting.selectors import body_of
from voting.services import resolutions
from voting.services.counting import count_session
from voting.services.objections import (
    confirm_finding,
    decline_finding,
    propose_finding,
    withdraw_objection,
)
from voting.services.rulings import confirm_ruling, decline_ruling, propose_ruling
from voting.steps import Signer
from voting.tasks import count_due, post_due, resolve_due

pytestmark = pytest.mark.django_db

SIGNERS = [ORGANISER, SUPERVISOR, STREET, Signer("user:31", "street_office")]
HOURS = st.sampled_from([0, 1, 24, 49, 80, 200])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), HOURS),
        st.tuples(
            st.just("file"),
            st.integers(1, 6),
            st.sampled_from(["took_part", "result", "other", "roll"]),
            st.booleans(),
        ),
        st.tuples(
            st.sampled_from(["answer", "dispute", "propose", "confirm", "decline", "withdraw"]),
            st.integers(0, 3),
            st.sampled_from(SIGNERS),
            st.booleans(),
        ),
        st.tuples(st.just("rule"), st.integers(1, 6), st.sampled_from(SIGNERS)),
        st.tuples(
            st.sampled_from(["rule_yes", "rule_no"]),
            st.sampled_from(SIGNERS),
            st.booleans(),
        ),
        st.tuples(st.sampled_from(["count", "post", "resolve", "sweep"])),
    ),
    max_size=40,
)


class Course:
    """One vote from its close on, driven step by step; refusals are part of life."""

    def __init__(self, vote):
        self.vote, self.now, self.filed = vote, CLOSE + timedelta(minutes=5), 0
        self.serial = count()

    def do(self, step):
        with suppress(RuleViolation):
            getattr(self, f"_{step[0]}")(*step[1:])
        self.check()

    def _wait(self, hours):
        self.now += timedelta(hours=hours)

    def _file(self, number, about, not_mine):
        about = "took_part" if not_mine else about
        name = f"s{next(self.serial)}"
        before = Objection.objects.count()
        file(self.vote, number, about, self.now, not_mine=not_mine, submission=name)
        self.filed += Objection.objects.count() - before

    def _objection(self, place):
        rows = list(Objection.objects.order_by("number"))
        if not rows:
            raise RuleViolation("none", "")
        return rows[place % len(rows)]

    def _answer(self, place, signer, upheld):
        answer(self._objection(place), signer, self.now, upheld=upheld)

    def _dispute(self, place, _signer, _upheld):
        dispute(self._objection(place), self.now)

    def _propose(self, place, signer, upheld):
        propose_finding(
            objection_id=self._objection(place).pk,
            upheld=upheld,
            reason="复核",
            signer=signer,
            at=self.now,
        )

    def _confirm(self, place, signer, _upheld):
        confirm_finding(objection_id=self._objection(place).pk, signer=signer, at=self.now)

    def _decline(self, place, signer, _upheld):
        decline_finding(objection_id=self._objection(place).pk, signer=signer, at=self.now)

    def _withdraw(self, place, _signer, _upheld):
        one = self._objection(place)
        actor = f"party:{one.party_id}"
        withdraw_objection(objection_id=one.pk, actor=actor, at=self.now)

    def _rule(self, number, signer):
        propose_ruling(
            session_id=self.vote.session.pk,
            number=number,
            reason="信被取走",
            name="笔录.pdf",
            content=PDF,
            signer=signer,
            at=self.now,
        )

    def _ruling(self):
        found = Ruling.objects.filter(state="proposed").order_by("pk").first()
        if found is None:
            raise RuleViolation("none", "")
        return found.pk

    def _rule_yes(self, signer, understood):
        confirm_ruling(
            ruling_id=self._ruling(), signer=signer, at=self.now, understood=understood
        )

    def _rule_no(self, signer, _understood):
        decline_ruling(ruling_id=self._ruling(), reason="属实", signer=signer, at=self.now)

    def _count(self):
        count_session(session_id=self.vote.session.pk, at=self.now)

    def _post(self):
        resolutions.post_preliminary(session_id=self.vote.session.pk, at=self.now)

    def _resolve(self):
        resolutions.issue_resolution(session_id=self.vote.session.pk, at=self.now)

    def _sweep(self):
        for sweep in (count_due, post_due, resolve_due):
            sweep(self.now)

    def check(self):
        session = self.vote.session
        session.refresh_from_db()
        rows = list(Objection.objects.order_by("number"))
        assert [one.number for one in rows] == list(range(1, self.filed + 1))
        issued = Document.objects.filter(kind="resolution").count()
        entries = session.board.entries.filter(kind="resolution").count()
        assert issued == entries == (session.state == "resolved")
        # Of two people, each in their own name.
        for one in rows:
            if one.state == "ruled" and one.ruling is None:
                assert one.proposed_by
                assert one.proposed_by != one.ruled_by
        for ruling in Ruling.objects.filter(state="confirmed"):
            assert ruling.proposed_by != ruling.decided_by
        if body_of(session, "tally") is not None and not self.counted:
            self.counted = True
            self.nothing_waits(about="took_part")
        if session.state == "resolved" and not self.resolved:
            self.resolved = True
            self.nothing_waits()
            last = PreliminaryResult.objects.order_by("version").last()
            assert last is not None
            assert last.until <= self.now

    counted = resolved = False

    def nothing_waits(self, **about):
        """At the moment of a count or a resolution, written out by hand."""
        for one in Objection.objects.filter(in_time=True, **about):
            assert one.state in {"answered", "ruled", "withdrawn"}, one.state
            if one.state == "answered":
                assert one.dispute_until <= self.now
        assert not Ruling.objects.filter(state="proposed").exists()


@pytest.fixture
def drawn(monkeypatch):
    """Papers cost a second each; here only that they are issued matters."""

    def store(*, facts, kind, title, estate, pdf, data):
        return Document.objects.create(
            code=facts.code,
            number=facts.number,
            kind=kind,
            title=title,
            estate=estate,
            pdf=pdf,
            sha256=hashlib.sha256(pdf + facts.code.encode()).hexdigest(),
            facts=data,
            facts_sha256=hashlib.sha256(data).hexdigest(),
            signer="test",
            issued_at=facts.issued_at,
        )

    monkeypatch.setattr(resolutions, "store_signed", store)
    for name in ("render_preliminary", "render_resolution"):
        monkeypatch.setattr(resolutions, name, lambda _facts, **_more: b"%PDF")


def test_any_course_of_objections_rulings_and_the_clock(drawn):
    vote = closed_vote([FOR] * 4 + [AGAINST] * 2)

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(STEPS)
    def run(steps):
        here = transaction.savepoint()
        course = Course(vote)
        for step in steps:
            course.do(step)
        transaction.savepoint_rollback(here)
        vote.session.refresh_from_db()

    run()


def test_a_course_to_its_end(drawn):
    """The machine reaches what it checks: objections in every state, and a resolution."""
    vote = closed_vote([FOR] * 6)
    course = Course(vote)
    for step in [
        ("file", 1, "took_part", True),
        ("file", 2, "took_part", False),
        ("rule", 1, ORGANISER),
        ("rule_yes", SUPERVISOR, True),
        ("sweep",),
        ("answer", 1, ORGANISER, False),
        ("dispute", 1, ORGANISER, False),
        ("wait", 49),
        ("sweep",),
        ("propose", 1, STREET, False),
        ("confirm", 1, SUPERVISOR, False),
        ("sweep",),
        ("file", 3, "result", False),
        ("wait", 200),
        ("sweep",),
        ("answer", 2, ORGANISER, False),
        ("sweep",),
        ("wait", 80),
        ("sweep",),
    ]:
        course.do(step)
    assert [one.state for one in Objection.objects.order_by("number")] == [
        "ruled",
        "ruled",
        "answered",
    ]
    assert course.counted
    assert course.resolved
