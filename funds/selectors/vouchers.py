"""What a voucher says: the content its digest covers, and what a page shows of it."""

from collections.abc import Mapping
from typing import NamedTuple

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from core.numbers import number_in
from documents.models import Document
from funds.domain.books import Line
from funds.models import Posting, RepairRequest, SpecialAccount, Voucher
from funds.selectors.labels import sub_label


def facts_of(voucher: Voucher) -> Mapping[str, object]:
    """What the digest of a voucher covers beside its postings."""
    return {
        "number": voucher.number,
        "kind": voucher.kind,
        "dated_on": voucher.dated_on.isoformat(),
        "text": voucher.text,
        "paper": voucher.paper,
        "paper_sha256": voucher.paper_sha256,
        "reverses": voucher.reverses_id or 0,
        "drafted_by": voucher.drafted_by,
        "sealed_by": voucher.sealed_by,
    }


def lines_of(voucher: Voucher) -> list[Line]:
    """The postings of a voucher in order."""
    rows = voucher.postings.order_by("pk").values_list("ledger", "sub", "fen")
    return [Line(*row) for row in rows]


class Row(NamedTuple):
    """A posting to a unit; `fen` positive: credited to it."""

    estate: str
    label: str
    fen: int


def found_vouchers(special: SpecialAccount, state: str, search: str) -> QuerySet[Voucher]:
    """The vouchers of a special account, the newest first; of a state, with a number."""
    found = special.vouchers.annotate(
        debit=Coalesce(Sum("postings__fen", filter=Q(postings__fen__gt=0)), 0)
    )
    if state in dict(Voucher.STATES):
        found = found.filter(state=state)
    if search:
        number = number_in(search, digits=9)
        named = Q(text__icontains=search) | Q(paper__icontains=search)
        found = found.filter(named | Q(number=number))
    return found.order_by("-pk")


def rows_of(voucher: Voucher, *, most: int) -> tuple[list[Row], int]:
    """Its postings to units in order, at most so many; and how many there are."""
    postings = voucher.postings.filter(sub__isnull=False)
    rows = postings.order_by("pk").values_list(
        "sub__account__estate__name", sub_label("sub__"), "fen"
    )
    return [Row(estate, label, -fen) for estate, label, fen in rows[:most]], postings.count()


def ledger_sums(voucher: Voucher) -> list[tuple[str, int, int]]:
    """Ledger → debit and credit in fen."""
    rows = voucher.postings.order_by().values_list("ledger").annotate(Sum("fen"))
    found = dict(rows)
    return [
        (str(title), max(found[ledger], 0), max(-found[ledger], 0))
        for ledger, title in Posting.LEDGER
        if ledger in found
    ]


def paper_of(voucher: Voucher) -> Document | None:
    """The paper of ours that a voucher rests on."""
    if not voucher.paper_sha256:
        return None
    return Document.objects.filter(sha256=voucher.paper_sha256).defer("pdf", "facts").first()


def repair_of(voucher: Voucher) -> RepairRequest | None:
    """The repair that a voucher pays, or gives back from."""
    of_it = Q(applications__instalments__voucher=voucher) | Q(refunds__voucher=voucher)
    return RepairRequest.objects.filter(of_it).first()
