"""What a voucher says: the content its digest covers."""

from collections.abc import Mapping

from funds.domain.books import Line
from funds.models import Voucher


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
