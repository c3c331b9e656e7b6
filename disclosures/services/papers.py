"""Papers: handed in, looked at for personal data, covered with boxes, then shown."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from core.reasons import Reason, demand_none, explains
from disclosures.domain.wording import personal_reasons
from disclosures.models import Paper, PaperPage
from disclosures.selectors.papers import may_be_shown
from disclosures.steps import PAGES, By, Pages
from documents.masking import Box, masked
from logbook.steps import record_act
from registry.fields import open_bytes
from registry.models import Estate


def hand_in(
    *, estate: Estate, kind: str, name: str, content: bytes, by: By, at: datetime
) -> Paper:
    """Take a paper in as plain pictures. RuleViolations of documents.intake.pages_of."""
    pages = Pages(kind, name, content)
    with transaction.atomic(durable=True):
        paper = pages.keep(estate, actor=by.actor, at=at)
        _record(paper, "paper.handed_in", {"pages": len(pages.pages)}, by=by, at=at)
    return paper


@transaction.atomic(durable=True)
def cover_page(
    *, page_id: int, boxes: list[Box], reason: str = "", by: By, at: datetime
) -> PaperPage:
    """Burn boxes into what will be shown of a page.

    Once everybody may see it, what was covered stays covered, and covering more is shown with
    its day, its body and its `reason`. RuleViolation "paper.uncovered", "paper.reason".
    """
    page = PaperPage.objects.select_for_update(no_key=True).get(pk=page_id)
    paper = Paper.objects.select_related("estate").get(pk=page.paper_id)
    wanted = [list(box) for box in boxes]
    added = sum(box not in page.boxes for box in wanted)
    if may_be_shown(paper):
        if any(box not in wanted for box in page.boxes):
            told = "已经公开的页面上，遮盖只能增加，不能取消"
            demand_none("paper.uncovered", [Reason("paper.uncovered", told, "boxes")])
        if added:
            _tell_all(page, added, reason.strip(), by=by, at=at)
    page.boxes = wanted
    page.shown = masked(open_bytes(bytes(page.content), purpose=PAGES), boxes)
    page.save(update_fields=["boxes", "shown"])
    facts = {"page": page.number, "boxes": len(boxes), "added": added}
    _record(paper, "paper.covered", facts, by=by, at=at)
    return page


@transaction.atomic(durable=True)
def look_over(*, paper_id: int, by: By, at: datetime) -> Paper:
    """Somebody has looked at every page; from now on it may be published with its entry."""
    paper = (
        Paper.objects.select_for_update(of=("self",), no_key=True)
        .select_related("estate")
        .get(pk=paper_id)
    )
    if paper.looked_at is not None:
        return paper
    for page in paper.pages.select_for_update(no_key=True):
        if not page.shown:
            page.shown = masked(open_bytes(bytes(page.content), purpose=PAGES), [])
            page.save(update_fields=["shown"])
    paper.looked_by, paper.looked_at = by.actor, at
    paper.save(update_fields=["looked_by", "looked_at"])
    _record(paper, "paper.looked_over", {}, by=by, at=at)
    return paper


def _tell_all(page: PaperPage, added: int, reason: str, *, by: By, at: datetime) -> None:
    reasons = personal_reasons("reason", reason)
    if not explains(reason):
        told = "这一页人人看得到了，再遮盖要写明原因（至少4个字）"
        reasons.append(Reason("reason.short", told, "reason"))
    demand_none("paper.reason", reasons)
    page.later.create(
        added=added, reason=reason, covered_by=by.actor, covered_role=by.role, covered_at=at
    )


def _record(
    paper: Paper, act: str, facts: Mapping[str, object], *, by: By, at: datetime
) -> None:
    body = {"paper": paper.pk, "sha256": paper.source_sha256, "role": by.role, **facts}
    record_act(f"estate/{paper.estate.code}", act, body, actor=by.actor, at=at)
