"""Papers: covered by burnt-in boxes, looked over, and after that only covered more."""

import io

import pytest
from django.db import DatabaseError, transaction
from PIL import Image

from core.errors import RuleViolation
from disclosures.models import Paper, PaperPage
from disclosures.selectors.papers import may_be_shown, plain_page, public_papers
from disclosures.services.entries import review
from disclosures.services.papers import cover_page, hand_in, look_over
from documents.masking import Box
from tests.disclosures.accounts import (
    AT,
    COMMITTEE,
    MANAGER,
    accounts_estate,
    can_sign,
    entered,
    looked_over,
    open_books,
    published,
    voucher,
)

pytestmark = pytest.mark.django_db


def paper_of(estate):
    name, content = voucher()
    return hand_in(estate=estate, kind="voucher", name=name, content=content, by=MANAGER, at=AT)


def dark(content, x, y):
    return Image.open(io.BytesIO(content)).convert("L").getpixel((x, y)) < 60


def test_what_is_shown_has_the_boxes_and_what_is_kept_has_not():
    paper = paper_of(accounts_estate())
    page = paper.pages.get()
    cover_page(page_id=page.pk, boxes=[Box(500, 500, 200, 200)], by=MANAGER, at=AT)
    page.refresh_from_db()
    assert dark(bytes(page.shown), 380, 280)  # in the middle of 640 x 480
    assert not dark(bytes(page.shown), 100, 400)
    assert not dark(plain_page(page), 380, 280)
    assert plain_page(page) not in bytes(page.content)  # encrypted


def test_nothing_is_public_until_looked_over_and_published(settings, tmp_path):
    can_sign(settings, tmp_path)
    book = open_books(accounts_estate())
    entry = entered(book, "parking", 5)
    paper = entry.papers.get().paper
    assert not may_be_shown(paper)
    looked_over(entry)
    review(entry_id=entry.pk, by=COMMITTEE, at=AT)
    assert not public_papers().exists()
    page = paper.pages.get()
    cover_page(page_id=page.pk, boxes=[Box(0, 0, 10, 10)], by=MANAGER, at=AT)
    cover_page(page_id=page.pk, boxes=[], by=MANAGER, at=AT)  # not public yet: may be taken off
    cover_page(page_id=page.pk, boxes=[Box(0, 0, 10, 10)], by=MANAGER, at=AT)
    published(book)
    paper.refresh_from_db()
    assert may_be_shown(paper)
    with pytest.raises(RuleViolation, match="只能增加"):
        cover_page(page_id=page.pk, boxes=[Box(5, 5, 10, 10)], by=COMMITTEE, at=AT)
    more = [Box(0, 0, 10, 10), Box(5, 5, 10, 10)]
    with pytest.raises(RuleViolation, match="写明原因"):
        cover_page(page_id=page.pk, boxes=more, reason="电话", by=COMMITTEE, at=AT)
    assert cover_page(
        page_id=page.pk, boxes=more, reason=" 露出了手机号 ", by=COMMITTEE, at=AT
    ).boxes == [list(box) for box in more]
    later = page.later.get()
    assert (later.added, later.reason, later.covered_role) == (
        1,
        "露出了手机号",
        COMMITTEE.role,
    )
    for act in (later.delete, later.save):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


def test_looking_over_is_done_once():
    paper = paper_of(accounts_estate())
    first = look_over(paper_id=paper.pk, by=MANAGER, at=AT)
    again = look_over(paper_id=paper.pk, by=COMMITTEE, at=AT)
    assert first.looked_by == again.looked_by == MANAGER.actor
    assert bytes(PaperPage.objects.get().shown).startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "change",
    [
        lambda paper: PaperPage.objects.update(content=b"x"),
        lambda paper: PaperPage.objects.update(paper=paper.pk + 1),
        lambda paper: PaperPage.objects.all()._raw_delete("default"),
        lambda paper: Paper.objects.update(source_sha256="0" * 64),
        lambda paper: Paper.objects.all()._raw_delete("default"),
    ],
)
def test_the_database_keeps_what_was_handed_in(change):
    paper = paper_of(accounts_estate())
    with pytest.raises(DatabaseError), transaction.atomic():
        change(paper)
