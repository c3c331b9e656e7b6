"""The register of sources: what brings common income, under which contracts, who misses one."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.deadlines import local_day, publicity_end
from core.errors import RuleViolation
from core.reasons import Reason, demand_none, explains
from disclosures.domain.contracts import Term, contract_reasons
from disclosures.domain.headings import NOT_COMMON, PLANNED_PARKING, SOURCES
from disclosures.domain.wording import covered as shown_with
from disclosures.domain.wording import covering_reasons
from disclosures.models import Contract, Source, SourceReport
from disclosures.selectors.rules import account_rules
from disclosures.steps import By, Pages, locked_estate, next_number, shown_text
from logbook.steps import record_act
from registry.models import Estate
from voting.domain.drafts import text_reasons


class Deal(NamedTuple):
    """A contract as typed in."""

    number: str
    payer: str
    payer_kind: str
    outsider: bool
    fen: int
    priced: str
    first: date
    last: date | None


@transaction.atomic(durable=True)
def record_source(
    *, estate_id: int, kind: str, place: str, quantity: str, by: By, at: datetime
) -> Source:
    """Put a source on the register. RuleViolation "source.invalid" with every reason."""
    estate = locked_estate(estate_id)
    return _record(estate, kind, place, quantity, by=by, at=at)


@transaction.atomic(durable=True)
def end_source(*, source_id: int, last: date, reason: str, by: By, at: datetime) -> Source:
    """It brings nothing any more; it stays on the register with the reason.

    RuleViolation "source.invalid", "source.ended", "source.contract" while one runs.
    """
    source = _locked_source(source_id)
    if source.ended_on is not None:
        raise RuleViolation("source.ended", "这一处已经登记为终止")
    found = []
    if not explains(reason):
        found.append(Reason("source.reason", "请写明为什么终止（至少4个字）", "reason"))
    if last > local_day(at):
        found.append(Reason("source.day", "终止的日期还没有到", "last"))
    demand_none("source.invalid", found)
    if any(runs(one, last) for one in source.contracts.all()):
        raise RuleViolation("source.contract", "还有没到期的合同，请先登记合同终止")
    source.ended_on, source.ended_reason = last, reason.strip()
    source.save(update_fields=["ended_on", "ended_reason"])
    _note(source.estate, "source.ended", {"source": source.number}, by=by, at=at)
    return source


def record_contract(
    *, source_id: int, deal: Deal, name: str, content: bytes, by: By, at: datetime
) -> Contract:
    """Enter a contract with its file. Harmless where the same one stands already.

    RuleViolation "contract.invalid" with every reason, "source.ended", and those of
    documents.intake.pages_of.
    """
    pages = Pages("contract", name, content)
    with transaction.atomic(durable=True):
        source = _locked_source(source_id)
        if source.ended_on is not None:
            raise RuleViolation("source.ended", "这一处已经登记为终止")
        rules = account_rules(source.estate, local_day(at))
        found = shown_text("number", "合同编号", deal.number, 40, may_be_empty=True)
        found += shown_text("payer", "付款方", deal.payer, 80)
        found += contract_reasons(
            Term(
                source.kind,
                deal.payer_kind,
                deal.outsider,
                deal.fen,
                deal.priced,
                deal.first,
                deal.last,
            ),
            parking_months=rules.parking_months,
        )
        demand_none("contract.invalid", found)
        fields = deal._asdict() | {"number": deal.number.strip(), "payer": deal.payer.strip()}
        known = source.contracts.filter(
            **fields, paper__source_sha256=pages.source_sha256
        ).first()
        if known is not None:
            return known
        made = source.contracts.create(
            **fields,
            paper=pages.keep(source.estate, actor=by.actor, at=at),
            recorded_by=by.actor,
            recorded_at=at,
        )
        facts = {"source": source.number, "contract": made.pk, "sha256": pages.source_sha256}
        _note(source.estate, "contract.recorded", facts, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def end_contract(
    *, contract_id: int, last: date, reason: str, by: By, at: datetime
) -> Contract:
    """It ended before its day. RuleViolation "contract.invalid", "contract.ended"."""
    source = _locked_source(
        Contract.objects.values_list("source", flat=True).get(pk=contract_id)
    )
    contract = source.contracts.get(pk=contract_id)
    if contract.ended_on is not None:
        raise RuleViolation("contract.ended", "这份合同已经登记为提前终止")
    found = []
    if not explains(reason):
        found.append(Reason("contract.reason", "请写明为什么终止（至少4个字）", "reason"))
    if last < contract.first or (contract.last is not None and last >= contract.last):
        sentence = "提前终止的日期要在合同的起止日期之间"
        found.append(Reason("contract.day", sentence, "last"))
    demand_none("contract.invalid", found)
    contract.ended_on, contract.ended_reason = last, reason.strip()
    contract.save(update_fields=["ended_on", "ended_reason"])
    facts = {"contract": contract.pk, "last": last.isoformat()}
    _note(source.estate, "contract.ended", facts, by=by, at=at)
    return contract


def runs(contract: Contract, day: date) -> bool:
    """Whether a contract goes on after a day."""
    last = contract.ended_on or contract.last
    return last is None or last > day


MOST_OPEN = 3  # reports, or questions, of one household that wait for an answer


class Said(NamedTuple):
    """What an owner says and from which unit; `submission` tells a repetition."""

    text: str
    unit: int | None
    submission: str


def unit_reasons(estate: Estate, said: Said) -> list[Reason]:
    """Whoever speaks for a unit speaks for one of this estate."""
    if said.unit is None or estate.units.filter(pk=said.unit, is_active=True).exists():
        return []
    return [Reason("unit.other", "这一户不在这个小区里", "unit")]


def report_source(
    *,
    estate_id: int,
    place: str,
    said: Said,
    photo: tuple[str, bytes] | None,
    by: By,
    at: datetime,
) -> SourceReport:
    """An owner says with a photograph what is missing on the register.

    What the household said in these words, with this photograph, and still waits for is that
    report. RuleViolation "report.invalid", "report.too_many", those of
    documents.intake.pages_of.
    """
    pages = Pages("photo", *photo) if photo else None
    with transaction.atomic(durable=True):
        estate = locked_estate(estate_id)
        known = estate.source_reports.filter(submission=said.submission).first()
        if known is not None:
            return known
        found = text_reasons("place", "在哪里", place, 80)
        found += text_reasons("text", "是什么", said.text, 400)
        found += unit_reasons(estate, said)
        demand_none("report.invalid", found)
        open_ones = estate.source_reports.filter(unit=said.unit, state="open")
        same = open_ones.filter(place=place.strip(), text=said.text.strip())
        if pages:
            same = same.filter(photo__source_sha256=pages.source_sha256)
        again = same.first()
        if said.unit is not None and again is not None:
            return again
        if said.unit is not None and open_ones.count() >= MOST_OPEN:
            raise RuleViolation(
                "report.too_many", f"您家已经有{MOST_OPEN}件在等答复，请等有了答复再提"
            )
        days = account_rules(estate, local_day(at)).number("revenue.answer_days")
        made = estate.source_reports.create(
            number=next_number(estate.source_reports),
            submission=said.submission,
            unit_id=said.unit,
            filed_by=by.actor,
            filed_at=at,
            place=place.strip(),
            text=said.text.strip(),
            photo=pages.keep(estate, actor=by.actor, at=at) if pages else None,
            due_at=publicity_end(at, days),
        )
        _note(estate, "source.reported", {"report": made.number}, by=by, at=at)
    return made


@transaction.atomic(durable=True)
def answer_report(
    *,
    report_id: int,
    answer: str,
    covered: list[str],
    kind: str,
    by: By,
    at: datetime,
) -> SourceReport:
    """Answer in public; with a `kind` the source is put on the register at once.

    RuleViolation "report.invalid", "report.answered", "report.role".
    """
    report = SourceReport.objects.get(pk=report_id)
    estate = locked_estate(report.estate_id)
    report.refresh_from_db()
    if by.role not in roles_with(Permission.ANSWER_ACCOUNTS):
        raise RuleViolation("report.role", "您的角色不能答复")
    if report.state != "open":
        raise RuleViolation("report.answered", "这一件已经答复")
    found = shown_text("answer", "答复", answer, 600)
    if answer.strip() and not explains(answer):
        found.append(Reason("report.answer", "答复要说明情况（至少4个字）", "answer"))
    found += covering_reasons(report.text, covered, report.place)
    demand_none("report.invalid", found)
    if kind:
        # What must not be read in the report must not be read in the register either.
        place = shown_with(report.place, covered)
        report.source = _record(estate, kind, place, "", by=by, at=at)
    report.state = "added" if kind else "answered"
    report.answer, report.covered = answer.strip(), covered
    report.answered_by, report.answered_role, report.answered_at = by.actor, by.role, at
    report.save()
    facts = {"report": report.number, "added": bool(kind)}
    _note(estate, "source.report_answered", facts, by=by, at=at)
    return report


def _record(
    estate: Estate, kind: str, place: str, quantity: str, *, by: By, at: datetime
) -> Source:
    found = shown_text("place", "位置", place, 80)
    found += shown_text("quantity", "数量", quantity, 40, may_be_empty=True)
    if kind == PLANNED_PARKING:
        found.append(Reason("source.not_common", NOT_COMMON, "kind"))
    elif kind not in SOURCES:
        found.append(Reason("source.kind", "请选择种类", "kind"))
    same = estate.sources.filter(kind=kind, place=place.strip(), ended_on=None)
    if not found and same.exists():
        found.append(Reason("source.known", "同一处已经在登记册上", "place"))
    demand_none("source.invalid", found)
    made = estate.sources.create(
        number=next_number(estate.sources),
        kind=kind,
        place=place.strip(),
        quantity=quantity.strip(),
        recorded_by=by.actor,
        recorded_at=at,
    )
    _note(estate, "source.recorded", {"source": made.number, "kind": kind}, by=by, at=at)
    return made


def _locked_source(source_id: int) -> Source:
    rows = Source.objects.select_for_update(of=("self",), no_key=True)
    found: Source = rows.select_related("estate").get(pk=source_id)
    return found


def _note(
    estate: Estate, act: str, facts: Mapping[str, object], *, by: By, at: datetime
) -> None:
    record_act(f"estate/{estate.code}", act, {"role": by.role, **facts}, actor=by.actor, at=at)
