"""备案: due by the clock and the calendar, complete or refused, returned with every reason,
received under a number; never approved."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.models import Document
from logbook.models import Entry
from tests.factories import ACTOR, AGAINST, CLOSE, FOR, frozen_vote
from voting import tasks
from voting.models import Filing
from voting.selectors import papers_of_filing
from voting.services.filing import (
    add_paper,
    content_of_paper,
    issue_filing_receipt,
    open_filing,
    receive_filing,
    remove_paper,
    return_filing,
    submit_filing,
)
from voting.services.resolutions import issue_resolution

from .test_kills import run
from .test_races import at_once

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n%%EOF\n"
STREET = "user:9"
LATER = CLOSE + timedelta(days=2)


@pytest.fixture(autouse=True)
def _signer(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def resolved(*, matters: Any = (1,), choice: Any = FOR, **fields: Any) -> Any:
    vote = frozen_vote(matters=matters, **fields)
    for number in range(1, 7):
        vote.cast(number, [choice] * len(matters))
    vote.count()
    issue_resolution(session_id=vote.session.pk, at=CLOSE)
    return vote.session


def opened(**fields: Any) -> Filing:
    return open_filing(session_id=resolved(**fields).pk, at=CLOSE)


def submitted() -> Filing:
    filing = opened()
    add(filing, "rules")
    return submit_filing(filing_id=filing.pk, actor=ACTOR, at=LATER)


def add(filing: Filing, item: str, **changes: Any) -> Any:
    return add_paper(
        **{
            "filing_id": filing.pk,
            "item": item,
            "name": "议事规则.pdf",
            "content": PDF,
            "actor": ACTOR,
            "at": LATER,
            **changes,
        }
    )


def codes(refused: Any) -> set[str]:
    return {reason.code for reason in refused.value.facts["reasons"]}


def test_due_thirty_days_after_the_decision_and_never_on_a_holiday() -> None:
    filing = opened()
    # Decided on 27 March 2026 (Friday): the thirtieth day is Sunday, 26 April, which is no
    # made-up working day; Civil Code 203: the last day is Monday, 27 April.
    assert filing.due_at == datetime(2026, 4, 27, 16, 0, tzinfo=UTC)
    assert (filing.state, filing.required, filing.kind) == ("due", ["rules"], "change")
    assert [paper.item for paper in papers_of_filing(filing)] == ["rules"]


@pytest.mark.parametrize(
    "fields",
    [{"matters": (5,)}, {"choice": AGAINST}, {"rehearsal": True}],
)
def test_nothing_is_due(fields: dict[str, Any]) -> None:
    assert opened(**fields).state == "not_due"


def test_the_sweeper_opens_what_is_due_once() -> None:
    resolved()
    resolved(matters=(5,))
    assert tasks.open_filings_due(CLOSE) == 1
    assert tasks.open_filings_due(CLOSE) == 0
    assert Filing.objects.count() == 1


def test_incomplete_is_refused_with_everything_that_is_missing() -> None:
    filing = opened(matters=(1, 2))
    assert filing.required == ["covenant", "rules"]
    for paper in papers_of_filing(filing):
        remove_paper(paper_id=paper.pk, actor=ACTOR, at=LATER)
    with pytest.raises(RuleViolation) as refused:
        submit_filing(filing_id=filing.pk, actor=ACTOR, at=LATER)
    assert codes(refused) == {"filing.missing"}
    assert "管理规约" in str(refused.value)
    assert "业主大会议事规则" in str(refused.value)


def test_returned_with_every_reason_then_received_with_a_receipt(tmp_path: Path) -> None:
    filing = submitted()
    with pytest.raises(RuleViolation) as refused:
        add(filing, "rules")  # it lies with the street office
    assert refused.value.code == "filing.not_yours_now"
    with pytest.raises(RuleViolation) as refused:
        return_filing(filing_id=filing.pk, reasons={"rules": " "}, actor=STREET, at=LATER)
    assert codes(refused) == {"filing.reasons"}
    said = {"rules": "缺第三页", "report": "没有写选举日期"}
    back = return_filing(filing_id=filing.pk, reasons=said, actor=STREET, at=LATER)
    assert back.reasons == [["report", "没有写选举日期"], ["rules", "缺第三页"]]
    add(filing, "rules", content=PDF + b"2")
    submit_filing(filing_id=filing.pk, actor=ACTOR, at=LATER)
    take = {"filing_id": filing.pk, "actor": STREET, "at": LATER}
    with pytest.raises(RuleViolation) as refused:
        receive_filing(receipt_number="", received_on=date(2999, 1, 1), **take)
    assert codes(refused) == {"filing.number", "filing.future"}
    with pytest.raises(RuleViolation) as refused:
        receive_filing(receipt_number="1", received_on=date(2026, 1, 1), **take)
    assert codes(refused) == {"filing.before"}
    receive_filing(receipt_number="备〔2026〕7号", received_on=LATER.date(), **take)
    assert tasks.filing_receipts_due(LATER) == 1
    assert tasks.filing_receipts_due(LATER) == 0
    filing.refresh_from_db()
    assert filing.receipt is not None
    data = json.loads(bytes(filing.receipt.facts))
    assert data["approval"] is False
    assert data["register_number"] == "备〔2026〕7号"
    assert len(data["papers"]) == 3
    file = tmp_path / "receipt.pdf"
    file.write_bytes(bytes(filing.receipt.pdf))
    text = "".join(
        subprocess.run(["pdftotext", file, "-"], capture_output=True).stdout.decode().split()
    )
    assert "不是对材料内容或者业主大会决定的批准、核准、审核" in text
    assert "样例街道办事处" in text


def test_who_hands_in_does_not_take_in() -> None:
    """Where the street office organised the first assembly, one person has both roles."""
    filing = submitted()
    own: dict[str, Any] = {"filing_id": filing.pk, "actor": ACTOR, "at": LATER}
    with pytest.raises(RuleViolation, match="请另一个人来办") as refused:
        receive_filing(receipt_number="1", received_on=LATER.date(), **own)
    assert refused.value.code == "filing.same_person"
    with pytest.raises(RuleViolation) as refused:
        return_filing(reasons={"rules": "缺第三页"}, **own)
    assert refused.value.code == "filing.same_person"
    filing.refresh_from_db()
    assert filing.state == "submitted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"content": b""}, "attachment.empty"),
        ({"content": b"MZ\x90\0"}, "attachment.type"),
        ({"content": PDF + b"0" * (30 * 2**20)}, "attachment.too_large"),
        ({"item": "strange"}, "filing.paper"),
    ],
)
def test_bad_papers(changes: dict[str, Any], reason: str) -> None:
    filing = opened()
    with pytest.raises(RuleViolation) as refused:
        add(filing, **{"item": "rules", **changes})
    assert codes(refused) == {reason}
    assert filing.papers.count() == 1


def test_uploaded_papers_lie_encrypted_and_come_back_whole() -> None:
    paper = add(opened(), "rules")
    assert PDF not in bytes(paper.content)
    assert content_of_paper(paper) == PDF


def test_no_receipt_before_it_was_received() -> None:
    with pytest.raises(RuleViolation) as refused:
        issue_filing_receipt(filing_id=submitted().pk, at=LATER)
    assert refused.value.code == "filing.not_received"


def received() -> Filing:
    return receive_filing(
        filing_id=submitted().pk,
        receipt_number="1",
        received_on=LATER.date(),
        actor=STREET,
        at=LATER,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
@pytest.mark.parametrize(
    "strike",
    [
        ["voting.services.filing", "render_receipt", "after"],
        ["voting.services.filing", "store_signed", "after"],
    ],
)
def test_killed_between_rendering_and_storing(strike: list[str]) -> None:
    filing = received()
    run("voting.tasks.filing_receipts_due", strike=strike, at=LATER)
    assert not Document.objects.filter(kind="receipt").exists()
    assert tasks.filing_receipts_due(LATER) == 1
    filing.refresh_from_db()
    assert filing.receipt == Document.objects.get(kind="receipt")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_issue_one_receipt() -> None:
    filing = received()
    got = at_once(*[lambda: tasks.filing_receipts_due(LATER)] * 2)
    assert all(isinstance(each, int) for each in got), got
    filing.refresh_from_db()
    assert filing.receipt == Document.objects.get(kind="receipt")
    acts = [json.loads(bytes(one.line))["type"] for one in Entry.objects.all()]
    assert acts.count("filing.receipt") == 1
