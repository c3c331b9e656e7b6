"""What the property manager discloses (三公开): signed, versioned, to be renewed by a day.

Civil Code 943: what the service is, its standard, its price; beside it, where to complain. The
third, revenue of common parts, is a book that is published.
"""

import json
from datetime import datetime, timedelta
from secrets import choice
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from accounts.permissions import Permission, roles_with
from core.codes import LENGTH, new_code
from core.deadlines import local_day
from core.errors import RuleViolation
from core.phones import PUBLIC_PHONE, is_public_phone
from core.reasons import Reason, demand_none, explains
from disclosures.domain.contracts import latest_end
from disclosures.models import Disclosure, Duty, Enrolment
from disclosures.selectors.bodies import body_of
from disclosures.selectors.rules import account_rules
from disclosures.services.duties import next_disclosure_duty
from disclosures.steps import By, Pages, locked_estate, shown_text
from documents.disclosures import (
    DISCLOSURE_NAME,
    DisclosureFacts,
    File,
    Part,
    Row,
    disclosure_json,
    render_disclosure,
)
from documents.steps import mark_superseded, next_number, store_signed
from logbook.steps import record_act

SERIES = "公开"
MOST_TEXT = 3000


class Service(NamedTuple):
    """服务价格、内容及标准, each a text."""

    prices: str
    content: str
    standard: str


class Complaints(NamedTuple):
    """投诉渠道及方式: whom to call, when; who takes it up where that does not help."""

    phone: str
    hours: str
    place: str
    street_phone: str
    bureau_phone: str


_PARTS = {"prices": "服务价格", "content": "服务内容", "standard": "服务标准"}
_ROWS = {
    "phone": "物业投诉电话",
    "hours": "受理时间",
    "place": "受理地点",
    "street_phone": "街道办事处电话",
    "bureau_phone": "住建部门电话",
}
_PHONES = ("phone", "street_phone", "bureau_phone")


def disclose(
    *,
    estate_id: int,
    manager: str,
    said: Service | Complaints,
    file: tuple[str, bytes] | None,
    by: By,
    at: datetime,
) -> Disclosure:
    """Put it out as a signed paper; it supersedes the version before and is due again later.

    Harmless where the version in force says the same and was posted the same day.

    RuleViolation "disclosure.invalid" with every reason, "accounts.role", "signer.missing",
    those of documents.intake.pages_of.
    """
    pages = Pages("disclosure", *file) if file else None
    with transaction.atomic(durable=True):
        estate = locked_estate(estate_id)
        if by.role not in roles_with(Permission.DISCLOSE_SERVICE):
            raise RuleViolation("accounts.role", "您的角色不能办这一步")
        demand_none("disclosure.invalid", _reasons(manager, said))
        kind = "service" if isinstance(said, Service) else "complaints"
        parts, rows = _parts(said), _rows(said)
        text = "\n".join(
            [f"{one.title}：\n{one.text}" for one in parts]
            + [f"{one.label}：{one.value}" for one in rows]
        )
        known = estate.disclosures.filter(kind=kind).select_related("document")
        last = known.defer("document__pdf", "document__facts").order_by("version").last()
        if last is not None and pages is None and _is_same(last, manager, text, at):
            return last
        rules = account_rules(estate, local_day(at))
        months = rules.number("disclosures.renew_months")
        # The day of posting is not counted (Civil Code 201, 202).
        valid_until = latest_end(local_day(at) + timedelta(days=1), months)
        code = new_code(LENGTH, choice)
        facts = DisclosureFacts(
            number=next_number(estate, series=SERIES, at=at),
            code=code,
            verify_url=f"{settings.PUBLIC_URL}/v/{code}",
            estate=estate.name,
            issued_at=at,
            issuer=manager.strip()
            if by.role == "property_manager"
            else body_of(estate, by.role),
            kind=kind,
            manager=manager.strip(),
            version=last.version + 1 if last else 1,
            replaces=last.document.number if last else "",
            parts=parts,
            rows=rows,
            file=File(pages.name, pages.source_sha256, len(pages.pages)) if pages else None,
            valid_until=valid_until,
            clause=rules.basis("disclosures.renew_months"),
            page_url=f"{settings.PUBLIC_URL}/e/{estate.code}/accounts/",
        )
        data = disclosure_json(facts)
        document = store_signed(
            facts=facts,
            kind="disclosure",
            title=facts.title[:200],
            estate=estate,
            pdf=render_disclosure(facts, attachments={DISCLOSURE_NAME: data}),
            data=data,
        )
        if last is not None:
            mark_superseded(last.document, by=document, reason="更新")
        made = Disclosure.objects.create(
            estate=estate,
            kind=kind,
            version=facts.version,
            manager=facts.manager,
            text=text,
            paper=pages.keep(estate, actor=by.actor, at=at) if pages else None,
            document=document,
            posted_by=by.actor,
            posted_at=at,
            valid_until=valid_until,
        )
        _do_duties(made, at)
        shown = {
            "kind": kind,
            "version": made.version,
            "sha256": document.sha256,
            "until": valid_until.isoformat(),
            "role": by.role,
        }
        record_act(f"estate/{estate.code}", "service.disclosed", shown, actor=by.actor, at=at)
    return made


def as_typed(made: Disclosure) -> dict[str, str]:
    """What was typed in for a version, by the names of `Service` or `Complaints`."""
    said = json.loads(bytes(made.document.facts))
    found = {one["title"]: one["text"] for one in said["parts"]}
    found |= {one["label"]: one["value"] for one in said["rows"]}
    names = _PARTS | _ROWS
    return {name: found[title] for name, title in names.items() if title in found}


def _do_duties(made: Disclosure, at: datetime) -> None:
    """What was due is done, and the renewal is due; where the estate is watched at all."""
    today = local_day(at)
    rows = Duty.objects.filter(estate=made.estate_id, kind=made.kind)
    rows.filter(first__lte=today, done_at=None).update(done_at=at, disclosure=made)
    if Enrolment.objects.filter(estate=made.estate_id, has_manager=True).exists():
        again = next_disclosure_duty(made, account_rules(made.estate, today))
        # A second version on one day: the renewal is written already.
        Duty.objects.bulk_create([again], ignore_conflicts=True)


def _is_same(last: Disclosure, manager: str, text: str, at: datetime) -> bool:
    same_day = local_day(last.posted_at) == local_day(at)
    return same_day and last.paper_id is None and (last.manager, last.text) == (
        manager.strip(), text,
    )  # fmt: skip


def _parts(said: Service | Complaints) -> tuple[Part, ...]:
    if isinstance(said, Complaints):
        return ()
    return tuple(Part(title, getattr(said, name).strip()) for name, title in _PARTS.items())


def _rows(said: Service | Complaints) -> tuple[Row, ...]:
    if isinstance(said, Service):
        return ()
    found = ((label, getattr(said, name).strip()) for name, label in _ROWS.items())
    return tuple(Row(label, value) for label, value in found if value)


def _reasons(manager: str, said: Service | Complaints) -> list[Reason]:
    found = shown_text("manager", "物业服务企业的名称", manager, 80)
    if isinstance(said, Service):
        for name, label in _PARTS.items():
            text = getattr(said, name)
            found += shown_text(name, label, text, MOST_TEXT)
            if text.strip() and not explains(text):
                found.append(Reason(f"{name}.short", f"{label}要写清楚（至少4个字）", name))
        return found
    for name, label in _ROWS.items():
        text = getattr(said, name)
        wrong = shown_text(name, label, text, 80, may_be_empty=name == "place")
        if name in _PHONES and not wrong and not is_public_phone(text):
            wrong.append(Reason("disclosure.phone", PUBLIC_PHONE, name))
        found += wrong
    return found
