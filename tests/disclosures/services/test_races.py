"""Several people at once, and a worker that is killed: nothing lost, doubled or half done."""

import json
import threading

import pytest
from django.db import connection

from core.errors import RuleViolation
from disclosures.models import Closing, Entry, Posting, Publication, Question
from disclosures.services.entries import review
from disclosures.services.publishing import prepare, publish
from disclosures.services.questions import ask
from disclosures.services.sources import Said
from documents.models import Document
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    FIRST,
    MANAGER,
    OWNER,
    PHONE,
    STREET,
    accounts_estate,
    booked,
    can_sign,
    entered,
    open_books,
    published,
    stated,
    voucher,
)
from tests.voting.services.test_kills import run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("erasable"),
    pytest.mark.postgres,
]
ACTS = "tests.disclosures.services.killed_publishing"
PUBLISHING = "disclosures.services.publishing"


@pytest.fixture(autouse=True)
def _signs(settings, tmp_path):
    can_sign(settings, tmp_path)


@pytest.fixture
def book():
    return open_books(accounts_estate(), opening=1_000_00)


def prepared(book):
    return prepare(
        book_id=book.pk, day=FIRST, statement=stated(book, FIRST), paper=voucher(), by=MANAGER,
        at=AT,
    )  # fmt: skip


def together(*works):
    """Run them at the same moment; the codes of what was refused."""
    refused, gate = [], threading.Barrier(len(works))

    def one(work):
        gate.wait()
        try:
            work()
        except RuleViolation as violation:
            refused.append(violation.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_published_twice_at_once_is_published_once(book):
    booked(book, "parking", 500)
    closing = prepared(book)

    def by(who):
        return lambda: publish(closing_id=closing.pk, phone=PHONE, by=who, at=AT)

    refused = together(by(COMMITTEE), by(STREET), by(COMMITTEE), by(STREET))
    assert set(refused) == {"closing.state"}
    out = Publication.objects.get()
    assert Document.objects.filter(kind="accounts").count() == 1
    assert out.period.version == 1


def test_closed_twice_at_once_waits_once(book):
    booked(book, "parking", 500)
    refused = together(lambda: prepared(book), lambda: prepared(book))
    assert refused == ["closing.waits"]
    assert Closing.objects.count() == 1


def test_entries_reviewed_while_the_period_is_published_are_in_one_version(book):
    booked(book, "parking", 500)
    closing = prepared(book)
    drafts = [entered(book, "parking", 100 + n).pk for n in range(4)]

    def sealed(pk):
        return lambda: review(entry_id=pk, by=STREET, at=AT)

    together(
        lambda: publish(closing_id=closing.pk, phone=PHONE, by=COMMITTEE, at=AT),
        *map(sealed, drafts),
    )
    numbers = sorted(Entry.objects.filter(state="sealed").values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4, 5]
    assert sum(Posting.objects.values_list("fen", flat=True)) == 0
    out = Publication.objects.first()
    in_first = Entry.objects.filter(state="sealed", version=1).count()
    if out is None:  # an entry was first: the books had changed, nothing went out
        assert in_first == 5
    else:
        assert in_first == len(json.loads(bytes(out.document.facts))["lines"]) == 1
        assert Entry.objects.filter(state="sealed", version=2).count() == 4


def test_the_same_question_sent_again_and_again_is_one(book):
    booked(book, "parking", 500)
    out = published(book)

    def send():
        ask(publication_id=out.pk, kind="question", line=1, said=Said("为什么？", None, "s"),
            by=OWNER, at=AT)  # fmt: skip

    assert together(send, send, send, send) == []
    assert Question.objects.count() == 1


@pytest.mark.parametrize(
    "strike",
    [
        [PUBLISHING, "store_signed", "after"],
        [PUBLISHING, "Publication.objects.create", "after"],
        [PUBLISHING, "do_duty", "after"],
        [PUBLISHING, "note", "after"],
        None,  # after the commit
    ],
)
def test_a_worker_killed_while_it_publishes(book, strike):
    booked(book, "parking", 500)
    closing = prepared(book)
    given = {"closing": closing.pk, "at": AT}
    if strike is None:
        run(f"{ACTS}.put_out_and_die", **given)
    else:
        run(f"{ACTS}.put_out", strike=strike, **given)
        assert not Publication.objects.exists()
        assert not Document.objects.filter(kind="accounts").exists()
        closing.refresh_from_db()
        assert closing.state == "prepared"
    out = publish(closing_id=closing.pk, phone=PHONE, by=COMMITTEE, at=AT)
    assert Publication.objects.get() == out
    assert Document.objects.filter(kind="accounts").count() == 1
    out.period.refresh_from_db()
    assert out.period.version == 1
