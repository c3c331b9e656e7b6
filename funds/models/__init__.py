"""The maintenance fund: who holds what, and every movement of it."""

from funds.models.accounts import FundAccount, SpecialAccount, SubAccount
from funds.models.books import OwedAmount, Posting, StatementLine, Voucher
from funds.models.files import FundFile
from funds.models.snapshots import Snapshot, SnapshotLine

__all__ = [
    "FundAccount",
    "FundFile",
    "OwedAmount",
    "Posting",
    "Snapshot",
    "SnapshotLine",
    "SpecialAccount",
    "StatementLine",
    "SubAccount",
    "Voucher",
]
