"""What of the accounts lies on whose desk: what came back and what still keeps them in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from disclosures.models import Book, Publication
from disclosures.selectors.waiting import desk_of
from disclosures.services.entries import return_entry
from disclosures.services.publishing import give_back, prepare
from documents.models import PostingPlace
from documents.services.posting import post_paper
from registry.models import Estate
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    MANAGER,
    accounts_estate,
    booked,
    can_sign,
    entered,
    looked_over,
    open_books,
    published,
    reversed_entry,
    stated,
    voucher,
)

pytestmark = pytest.mark.django_db
ROLES = ("organiser", "property_manager", "residents_committee", "street_office")


@pytest.fixture
def book(settings, tmp_path) -> Book:
    can_sign(settings, tmp_path)
    return open_books(accounts_estate())


def desk(role: str, at=AT) -> set[tuple[str, int, int]]:
    """What, of which row, how many; as a person of this role everywhere sees it."""
    found = desk_of("user:99", {role: Estate.objects.all()}, at, 20)
    return {(one.what, one.pk, one.many) for one in found}


def whose(what: str, at=AT) -> set[str]:
    return {role for role in ROLES if what in {one[0] for one in desk(role, at)}}


def test_what_came_back_lies_with_who_entered_it(book):
    entry = looked_over(entered(book, "advertising", 100_00))
    assert whose("returned") == set()
    return_entry(entry_id=entry.pk, reason="日期写错了", by=COMMITTEE, at=AT)
    assert whose("returned") == {"property_manager"}
    assert ("returned", book.pk, 1) in desk("property_manager")


def test_papers_nobody_looked_over_keep_a_period_in(book):
    entry = booked(book, "advertising", 100_00, looked=False)
    booked(book, "parking", 100_00)
    assert whose("unseen") == {"property_manager"}
    assert ("unseen", book.pk, 1) in desk("property_manager")
    looked_over(entry)
    assert whose("unseen") == set()


def test_a_closing_that_came_back_waits_until_somebody_goes_on(book):
    booked(book, "advertising", 100_00)
    said = {"book_id": book.pk, "day": FIRST, "statement": stated(book, FIRST)}
    first = prepare(**said, paper=voucher("a"), by=MANAGER, at=AT)
    assert whose("given_back") == set()
    give_back(closing_id=first.pk, reason="对账单看不清", by=COMMITTEE, at=AT)
    assert whose("given_back") == {"property_manager"}
    assert ("given_back", first.pk, 1) in desk("property_manager")
    prepare(**said, paper=voucher("b"), by=MANAGER, at=AT)
    assert whose("given_back") == set()


def test_what_was_corrected_after_it_was_out_has_to_be_submitted_again(book):
    entry = booked(book, "advertising", 100_00)
    assert whose("again") == set()
    published(book)
    assert whose("again") == set()
    reversed_entry(entry)
    assert whose("again") == {"property_manager"}
    closing = prepare(
        book_id=book.pk, day=FIRST, statement=stated(book, FIRST, correction="金额写错了"),
        paper=voucher("c"), by=MANAGER, at=AT,
    )  # fmt: skip
    assert whose("again") == set()
    give_back(closing_id=closing.pk, reason="对账单看不清", by=COMMITTEE, at=AT)
    assert whose("again") == whose("given_back") == {"property_manager"}


def test_a_bulletin_that_hangs_nowhere_lies_with_who_hangs_papers(book):
    booked(book, "advertising", 100_00)
    out = published(book)
    assert whose("unhung") == {"organiser", "residents_committee"}
    assert ("unhung", out.closing_id, 1) in desk("organiser")
    assert whose("unhung", out.until) == set()  # its days on the wall are over
    reversed_entry(booked(book, "parking", 5))
    newer = published(book, correction="补记一笔停车费", at=AT + timedelta(hours=1))
    assert desk("organiser") >= {("unhung", newer.closing_id, 1)}
    assert ("unhung", out.closing_id, 1) not in desk("organiser")
    place = PostingPlace.objects.create(estate=book.estate, name="北门")
    post_paper(
        document_id=Publication.objects.get(pk=newer.pk).document_id, place_id=place.pk,
        posted_by="业委会", posted_at=newer.posted_at, photos=[], actor=COMMITTEE.actor,
        at=newer.posted_at + timedelta(hours=1),
    )  # fmt: skip
    assert whose("unhung") == set()
