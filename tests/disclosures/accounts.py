"""Invented public accounts: books, vouchers, closings and publications of the small estate.

`MANAGER` holds the money and enters it, `COMMITTEE` reviews and publishes. Nobody here is real
and no amount was ever paid.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count as counter
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from core.deadlines import local_day, start_of
from disclosures.domain.closing import asked
from disclosures.domain.entries import Money, lines_of
from disclosures.domain.periods import period_of
from disclosures.models import Book, Contract, Entry, EntryPaper, Posting, Publication, Source
from disclosures.selectors.figures import figures_of
from disclosures.selectors.rules import account_rules
from disclosures.services.books import Held, open_book
from disclosures.services.entries import Said, enter, reverse, review
from disclosures.services.papers import look_over
from disclosures.services.publishing import Statement, prepare, publish
from disclosures.services.sources import Deal, record_contract, record_source
from disclosures.steps import By, period_at
from documents.authority import development_identity
from registry.models import Estate, RuleProfile
from tests.factories import make_profile, small_estate

MANAGER = By("user:11", "property_manager")
COMMITTEE = By("user:12", "organiser")
STREET = By("user:13", "street_office")
OWNER = By("owner", "owner")
PHONE = "0000-0000000"

FIRST, LAST = date(2026, 7, 1), date(2026, 9, 30)
AT = datetime(2026, 10, 12, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai, the quarter is over
NEXT = datetime(2027, 1, 12, 2, 0, tzinfo=UTC)  # and the one after it

RULES: dict[str, Any] = {
    "revenue.publish": "quarterly",
    "revenue.post_days": 15,
    "revenue.default_to_fund": [100, 100],
    "revenue.due_days": 30,
    "revenue.grace_days": 15,
    "revenue.answer_days": 10,
    "revenue.jump": [30, 100],
    "revenue.jump_least_fen": 10_000,
    "expenses.publish": "quarterly",
    "fund.publish": "yearly",
    "disclosures.renew_months": 12,
    "duties.assembly": "yearly",
    "committee.decision_post_days": 3,
}
_serial = counter(1)


def can_sign(settings: Any, folder: Path) -> None:
    """Papers are signed with a certificate of development, made in this folder."""
    settings.CA_DIR = folder / "ca"
    development_identity(settings.CA_DIR)


def accounts_estate(estate: Estate | None = None, **rules: Any) -> Estate:
    """The small estate, or another, below a profile that says how accounts are published.

    Nine units, seven of them homes that are active. `rules`: values that shall be others.
    """
    estate = estate or small_estate()
    make_profile("accounts", **(RULES | rules))
    estate.profile_code = "accounts"
    estate.save(update_fields=["profile_code"])
    return estate


def add_rules(estate: Estate, **rules: Any) -> None:
    """Put how accounts are published into the profile an estate has."""
    profile = RuleProfile.objects.get(code=estate.profile_code)
    profile.values |= {
        name: {"value": value, "clause": "测试条款", "verified": True}
        for name, value in (RULES | rules).items()
    }
    profile.save()


def voucher(words: str = "", *, size: tuple[int, int] = (640, 480)) -> tuple[str, bytes]:
    """A photographed voucher unlike any before: name and PNG."""
    number = next(_serial)
    picture = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(picture)
    for bit in range(16):  # coarse, so that making it plain leaves the difference
        if number >> bit & 1:
            draw.rectangle((20 + 36 * bit, 20, 44 + 36 * bit, 44), fill="black")
    draw.text((20, 80), words or f"voucher {number}", fill="black")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return f"凭证{number}.png", out.getvalue()


def held(holder: str = "property_manager", **changes: Any) -> Held:
    """An account of its own at a bank, in the name of whoever holds the money."""
    names = {
        "committee": "样例花园业主委员会",
        "property_manager": "样例物业服务有限公司",
        "residents_committee": "样例社区居民委员会",
    }
    return Held(
        **{
            "holder": holder,
            "name": names[holder],
            "is_apart": True,
            "bank": "样例银行",
            "number": "6222000000000427",
            **changes,
        }
    )


def open_books(
    estate: Estate,
    kind: str = "revenue",
    *,
    opening: int = 0,
    since: date = FIRST,
    frequency: str = "",
    holder: str = "property_manager",
) -> Book:
    """Begin the books of one kind of money; `opening` in fen."""
    return open_book(
        estate_id=estate.pk,
        kind=kind,
        frequency=frequency or ("yearly" if kind == "fund" else "quarterly"),
        opened_on=since,
        opening=(opening, "银行对账单" if opening else ""),
        held=None if kind == "fund" else held(holder),
        by=COMMITTEE,
        at=start_of(since) + timedelta(hours=9),
    )


def entered(
    book: Book,
    heading: str,
    fen: int,
    *,
    on: date = FIRST,
    party: str = "样例文化传媒有限公司",
    text: str = "第三季度",
    contract: Contract | None = None,
    decision: str = "",
    kept: tuple[str, int] = ("", 0),
    papers: Sequence[tuple[str, bytes]] = (),
    by: By = MANAGER,
    at: datetime | None = None,
) -> Entry:
    """A draft with one voucher, or with `papers`."""
    return enter(
        book_id=book.pk,
        money=Money(heading, fen, *kept),
        said=Said(on, party, text, contract.pk if contract else None, decision),
        papers=papers or [voucher()],
        submission=f"entry-{next(_serial)}",
        by=by,
        at=at or start_of(on) + timedelta(hours=10),
    )


def looked_over(entry: Entry, *, by: By = COMMITTEE, at: datetime | None = None) -> Entry:
    """Somebody has looked at every page of its vouchers."""
    for paper in entry.papers.values_list("paper", flat=True):
        look_over(paper_id=paper, by=by, at=at or entry.entered_at)
    return entry


def booked(book: Book, heading: str, fen: int, *, looked: bool = True, **said: Any) -> Entry:
    """Entered by the one, looked over and reviewed by the other; fields as of `entered`."""
    entry = entered(book, heading, fen, **said)
    if looked:
        looked_over(entry)
    return review(entry_id=entry.pk, by=COMMITTEE, at=entry.entered_at)


def reversed_entry(entry: Entry, *, reason: str = "金额写错", at: datetime = AT) -> Entry:
    """Taken back on its own day, and reviewed."""
    made = reverse(entry_id=entry.pk, dated_on=entry.dated_on, reason=reason, by=MANAGER, at=at)
    return review(entry_id=made.pk, by=COMMITTEE, at=at)


def stated(
    book: Book,
    day: date,
    *,
    bank: int | None = None,
    difference: str = "",
    explanations: Mapping[str, str] | None = None,
    correction: str = "",
    at: datetime = AT,
) -> Statement:
    """What closing the period of that day takes: the bank agrees, whatever is asked is
    explained. `bank`: in fen, where it does not agree."""
    period = period_at(book, day)
    period.book = book
    figures = figures_of(period, account_rules(book.estate, local_day(at)))
    said = {one.key: f"说明：{one.key}的情况" for one in asked(figures)} | dict(
        explanations or {}
    )
    if book.kind == "fund":
        return Statement(None, None, "", said, correction)
    closing = figures.closing if bank is None else bank
    return Statement(closing, period.last, difference, said, correction)


def published(
    book: Book,
    day: date = FIRST,
    *,
    at: datetime = AT,
    keeper: By | None = None,
    by: By | None = None,
    phone: str = PHONE,
    **said: Any,
) -> Publication:
    """Close the period of that day and publish it; fields as of `stated`."""
    fund = book.kind == "fund"
    closing = prepare(
        book_id=book.pk,
        day=day,
        statement=stated(book, day, at=at, **said),
        paper=None if fund else voucher("statement"),
        by=keeper or (COMMITTEE if fund else MANAGER),
        at=at,
    )
    return publish(
        closing_id=closing.pk, phone=phone, by=by or (STREET if fund else COMMITTEE), at=at
    )


def recorded_source(estate: Estate, kind: str = "lift_ad", place: str = "1幢电梯") -> Source:
    """On the register since the first day."""
    return record_source(
        estate_id=estate.pk, kind=kind, place=place, quantity="12个", by=COMMITTEE, at=AT
    )


def contracted(source: Source, fen: int = 600_000, **changes: Any) -> Contract:
    """With an organisation, by the month, for the year."""
    deal = Deal(
        **{
            "number": f"合同{next(_serial)}",
            "payer": "样例文化传媒有限公司",
            "payer_kind": "organisation",
            "outsider": True,
            "fen": fen,
            "priced": "month",
            "first": date(2026, 1, 1),
            "last": date(2026, 12, 31),
            **changes,
        }
    )
    name, content = voucher("contract")
    return record_contract(
        source_id=source.pk, deal=deal, name=name, content=content, by=COMMITTEE, at=AT
    )


_CROWD = ("parking", "advertising", "rooms", "equipment", "upkeep", "tax", "to_fund")
QUARTER: tuple[tuple[str, int, date, str, str, str], ...] = (
    # heading, fen, day, party, what for, decision
    ("parking", 28_614_50, date(2026, 7, 8), "业主", "临时停车", ""),
    ("parking", 38_700_00, date(2026, 8, 3), "业主", "月租车位86户", ""),
    ("advertising", 18_000_00, date(2026, 7, 15), "样例鑫达文化传媒有限公司", "电梯广告", ""),
    ("equipment", 4_500_00, date(2026, 7, 20), "样例蜂巢网络科技有限公司", "快递柜", ""),
    ("interest", 83_17, date(2026, 9, 21), "样例银行", "结息", ""),
    ("upkeep", 6_231_40, date(2026, 8, 12), "样例供电公司", "道闸和路灯电费", ""),
    ("tax", 2_917_33, date(2026, 9, 10), "样例税务局", "税费", ""),
    ("committee", 6_000_00, date(2026, 9, 25), "业主委员会", "办公", "业主大会决议〔2025〕7号"),
    ("to_fund", 70_000_00, date(2026, 9, 28), "住宅专项维修资金专户", "转入", ""),
)


def quarter(book: Book, lines: Sequence[Any] = QUARTER) -> list[Entry]:
    """The third quarter of 2026 of a middling estate, booked."""
    return [
        booked(book, heading, fen, on=on, party=party, text=text, decision=decision)
        for heading, fen, on, party, text, decision in lines
    ]


def crowded(book: Book, count: int, *, day: date = FIRST) -> None:
    """So many entries of one period, each with words of its own; one voucher is in all."""
    first = booked(book, "advertising", 1_000_00, on=day)
    period, paper = period_at(book, day), first.papers.get().paper
    dice, days = Random(count), (period.last - period.first).days
    words = "样例市东区西区南北花园路联合文化传媒科技发展物业服务电子工程有限责任公司"
    last = Entry.objects.get(pk=first.pk).number or 0
    for number in range(last + 1, last + count):
        heading, fen = dice.choice(_CROWD), dice.randrange(1, 10**7)
        made = book.entries.create(
            submission=f"crowd-{number}",
            dated_on=period.first + timedelta(days=dice.randrange(days)),
            heading=heading,
            fen=fen,
            party="".join(dice.choices(words, k=14)),
            text="".join(dice.choices(words, k=12)),
            entered_by=MANAGER.actor,
            entered_role=MANAGER.role,
            entered_at=AT,
        )
        EntryPaper.objects.create(entry=made, paper=paper)
        for one in lines_of(book.kind, Money(heading, fen)):
            Posting.objects.create(entry=made, ledger=one.ledger, fen=one.fen)
        Entry.objects.filter(pk=made.pk).update(
            state="sealed",
            number=number,
            period=period,
            version=period.version + 1,
            reviewed_by=COMMITTEE.actor,
            digest="0" * 64,
        )
    Book.objects.filter(pk=book.pk).update(last_number=last + count - 1)


def first_day(book: Book, day: date) -> date:
    """Of the period a day lies in."""
    return period_of(book.frequency, day).first
