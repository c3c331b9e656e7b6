"""What a report says on paper and in its table, from its frozen figures."""

from collections.abc import Sequence
from datetime import datetime

from committees.domain.reports import MONTHLY, WORDS
from committees.models import Report
from committees.selectors.reports import rows_of, total_of
from core.exact import share_down
from documents.authority_reports import ReportBelow, ReportFacts, ReportRow


def heading_of(report: Report) -> str:
    """``2026年10月工作月报``."""
    if report.kind == MONTHLY:
        return f"{report.last.year}年{report.last.month}月工作月报"
    return f"{report.last.year}年总结提升阶段工作总结"


def rates_of(total: Sequence[int | None]) -> tuple[tuple[str, str], ...]:
    """The shares a report prints; 0/0 is 不适用."""
    number = dict(zip(WORDS, total, strict=True))
    estates, owners, management = (
        number[one] or 0 for one in ("estates", "owners", "management")
    )
    return (
        ("组建率（业主委员会和物业管理委员会）", share_down(owners + management, estates)),
        ("只算业主委员会", share_down(owners, estates)),
    )


def report_facts(report: Report, at: datetime) -> ReportFacts:
    """Everything the paper says but its number and code."""
    rows = rows_of(report)
    total = total_of(rows)
    return ReportFacts(
        number="",
        code="",
        verify_url="",
        estate=report.authority.name,
        issued_at=at,
        issuer=report.authority.name,
        heading=heading_of(report),
        above=report.above.name if report.above else "",
        version=report.version,
        why=report.why,
        as_of=report.as_of,
        due_on=report.due_on,
        clause=report.clause,
        columns=tuple(WORDS.values()),
        rows=tuple(ReportRow(row.name, tuple(row.values)) for row in rows),
        total=ReportRow("合计", tuple(total)),
        rates=rates_of(total),
        text=tuple(line for line in report.text.splitlines() if line.strip()),
        below=tuple(ReportBelow(**one) for one in report.figures["below"]),
    )
