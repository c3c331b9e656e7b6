"""Delivery: what a mark does, what takes it back, who checks, and what a notice replaces."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.deadlines import SHANGHAI
from core.errors import RuleViolation
from tests.factories import OPEN, frozen_vote
from voting.domain.delivering import HANDED, Mark, refusal, state_of
from voting.models import DeliveryCheck, DeliveryEvidence, DeliveryMark
from voting.selectors import delivery_csv, doors, figures, party_of_serial, proved_deliveries
from voting.services.delivering import (
    add_evidence,
    check_delivery,
    content_of,
    hand_out,
    mark_delivery,
    substitute_by_notice,
)
from voting.steps import Signer

CLERK = Signer("user:1", "residents_committee")
SECOND = Signer("user:2", "supervisor")
MAKER = "Maker of phones"
POSTED = date(2026, 3, 17)
PDF = b"%PDF-1.4\n%%EOF\n"


def photograph() -> bytes:
    """A JPEG with a place and a device in its EXIF."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[271] = MAKER
    exif.get_ifd(0x8825)[1] = "N"
    Image.new("RGB", (40, 20), "red").save(out, "JPEG", exif=exif)
    return out.getvalue()


def mark(vote, number, kind, *, at=OPEN, submission="", signer=CLERK, **more):
    return mark_delivery(
        party_id=vote.party(number).pk,
        kind=kind,
        submission=submission or f"{number}{kind}{at.timestamp():.0f}",
        signer=signer,
        at=at,
        **more,
    )


def state(vote, number, at=OPEN):
    return next(one for one in doors(vote.session, at=at) if one.number == number).state


def code_of(call):
    with pytest.raises(RuleViolation) as refused:
        call()
    return refused.value.code


class TestRules:
    @pytest.mark.parametrize(
        ("kinds", "expected"),
        [
            ([], "open"),
            (["handed_out"], "out"),
            (["handed_out", "absent"], "out"),
            (["absent", "signed"], "delivered"),
            (["returned"], "failed"),
            (["refused", "household"], "delivered"),
            (["returned", "absent"], "out"),
        ],
    )
    def test_states(self, kinds, expected):
        assert state_of([Mark(kind) for kind in kinds], at=OPEN) == expected

    def test_a_notice_counts_when_its_period_is_over(self):
        marks = [Mark("returned"), Mark("substituted", OPEN)]
        assert state_of(marks, at=OPEN - timedelta(seconds=1)) == "posted"
        assert state_of(marks, at=OPEN) == "substituted"

    @given(st.lists(st.sampled_from(["handed_out", "absent", "refused", "returned", *HANDED])))
    def test_what_was_handed_over_stays_so(self, kinds):
        found = state_of([Mark(kind) for kind in kinds], at=OPEN)
        assert (found == "delivered") is bool(HANDED & set(kinds))
        assert bool(refusal("absent", found, has_mark=True)) is (found == "delivered")


@pytest.mark.django_db
class TestAtTheDoor:
    def test_sent_twice_it_is_one_mark(self):
        vote = frozen_vote()
        first = mark(vote, 1, "signed", submission="x")
        assert mark(vote, 1, "signed", submission="x").pk == first.pk
        assert mark(vote, 1, "signed", at=OPEN + timedelta(minutes=9)).pk == first.pk
        assert DeliveryMark.objects.count() == 1
        assert state(vote, 1) == "delivered"

    def test_delivered_stays_until_taken_back(self):
        vote = frozen_vote()
        mark(vote, 1, "signed")
        assert code_of(lambda: mark(vote, 1, "absent")) == "delivery.state"
        mark(vote, 1, "taken_back")
        assert state(vote, 1) == "open"
        mark(vote, 1, "absent", at=OPEN + timedelta(hours=1))
        assert state(vote, 1) == "out"
        assert DeliveryMark.objects.count() == 3  # nothing is lost
        assert code_of(lambda: mark(vote, 2, "taken_back")) == "delivery.state"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"kind": "eaten"}, "delivery.kind"),
            ({"kind": "substituted"}, "delivery.kind"),
            ({"submission": "a b"}, "delivery.submission"),
            ({"signer": SECOND}, "delivery.role"),
            ({"note": "x" * 201}, "delivery.note"),
        ],
    )
    def test_refused(self, changes, code):
        vote = frozen_vote()
        assert code_of(lambda: mark(vote, 1, **{"kind": "signed", **changes})) == code

    def test_the_letters_of_an_entrance_are_handed_out_once(self):
        vote = frozen_vote()
        where = {"session_id": vote.session.pk, "building": "1幢", "entrance": "1单元"}
        assert hand_out(**where, signer=CLERK, at=OPEN) == 3
        assert hand_out(**where, signer=CLERK, at=OPEN) == 0
        # A party of two flats has one letter.
        assert [one.state for one in doors(vote.session, at=OPEN)].count("out") == 3

    def test_figures_add_up(self):
        vote = frozen_vote()
        mark(vote, 1, "signed")
        mark(vote, 2, "returned")
        whole, *places = figures(doors(vote.session, at=OPEN))
        assert whole[2:] == (6, 1, 4, 1, 0, 0)
        for field in range(2, 8):
            assert sum(place[field] for place in places) == whole[field]
        assert party_of_serial(vote.session, f" {vote.party(3).serial.lower()} ").number == 3
        assert party_of_serial(vote.session, "00009-XXXX") is None


@pytest.mark.django_db
class TestEvidence:
    def sheet(self, vote, place=("1幢", "1单元"), content=PDF):
        return add_evidence(
            session_id=vote.session.pk,
            kind="sheet",
            place=place,
            content=content,
            signer=CLERK,
            at=OPEN,
        )

    def check(self, vote, *marks, signer=SECOND):
        return check_delivery(
            session_id=vote.session.pk,
            mark_ids=[one.pk for one in marks],
            signer=signer,
            at=OPEN,
        )

    def test_kept_encrypted_once_and_clean(self):
        vote = frozen_vote()
        kept = self.sheet(vote, content=photograph())
        assert self.sheet(vote, content=photograph()).pk == kept.pk
        stored = DeliveryEvidence.objects.get()
        assert MAKER.encode() not in content_of(stored)
        assert content_of(stored) not in bytes(stored.content)
        assert code_of(lambda: self.sheet(vote, content=b"")) == "delivery.evidence"

    def test_another_person_checks_it(self):
        vote = frozen_vote()
        one = mark(vote, 1, "signed")
        assert code_of(lambda: self.check(vote, one)) == "delivery.no_evidence"
        self.sheet(vote)
        same = Signer(CLERK.actor, "supervisor")
        assert code_of(lambda: self.check(vote, one, signer=same)) == "delivery.same_person"
        assert proved_deliveries(vote.session, at=OPEN) == set()
        assert self.check(vote, one) == 1
        assert self.check(vote, one) == 0
        assert proved_deliveries(vote.session, at=OPEN) == {1}
        mark(vote, 1, "taken_back")
        assert proved_deliveries(vote.session, at=OPEN) == set()

    def test_where_silence_counts_another_role(self):
        vote = frozen_vote()
        one = mark(vote, 1, "signed")
        self.sheet(vote)
        colleague = Signer("user:3", CLERK.role)
        vote.session.profile["silence"]["value"] = "majority"
        vote.session.save(update_fields=["profile"])
        assert code_of(lambda: self.check(vote, one, signer=colleague)) == "delivery.same_role"
        vote.session.profile["silence"]["value"] = "not_participating"
        vote.session.save(update_fields=["profile"])
        assert self.check(vote, one, signer=colleague) == 1


@pytest.mark.django_db
class TestNotice:
    def post(self, vote, numbers, posted_on=POSTED, days=7):
        return substitute_by_notice(
            session_id=vote.session.pk,
            numbers=numbers,
            posted_on=posted_on,
            content=photograph(),
            days=days,
            signer=CLERK,
            at=OPEN,
        )

    def test_only_what_came_back_and_only_after_its_period(self):
        vote = frozen_vote()
        mark(vote, 1, "returned")
        mark(vote, 2, "absent")
        mark(vote, 3, "signed")
        assert self.post(vote, [1, 2, 3]) == 1
        # Posted on 17 March for seven days: over as the 25th begins in Shanghai.
        over = datetime(2026, 3, 25, tzinfo=SHANGHAI)
        assert state(vote, 1, over - timedelta(seconds=1)) == "posted"
        assert state(vote, 1, over) == "substituted"
        mark(vote, 1, "signed", at=OPEN + timedelta(days=1))  # found after all
        assert state(vote, 1) == "delivered"

    def test_refused(self):
        vote = frozen_vote()
        assert code_of(lambda: self.post(vote, [1])) == "delivery.none"
        mark(vote, 1, "refused")
        assert code_of(lambda: self.post(vote, [1], date(2026, 4, 1))) == "delivery.posted"

    def test_the_record_names_rooms_and_never_people(self):
        vote = frozen_vote()
        mark(vote, 1, "returned", note="邻居说搬走了")
        self.post(vote, [1])
        rows = list(csv.reader(io.StringIO(delivery_csv(vote.session).lstrip("\ufeff"))))
        assert [row[4] for row in rows[1:]] == ["退回，找不到人", "公告送达"]
        assert rows[2][6:8] == ["2026-03-17", "2026-03-25 00:00"]
        assert len(rows[2][10]) == 64
        text = delivery_csv(vote.session)
        assert "王" not in text
        assert "搬走" not in text


@pytest.mark.django_db
def test_marks_and_checks_cannot_be_changed():
    vote = frozen_vote()
    mark(vote, 1, "signed")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        DeliveryMark.objects.update(kind="absent")
    assert DeliveryCheck.objects.count() == 0
