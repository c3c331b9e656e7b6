"""The maintenance fund: who holds what, every movement of it, and the repairs it pays."""

from funds.models.accounts import FundAccount, SpecialAccount, SubAccount
from funds.models.books import (
    BankMatch,
    MatchPart,
    OwedAmount,
    OwedPayment,
    Posting,
    StatementLine,
    Voucher,
)
from funds.models.doors import PhoneCheck
from funds.models.emergencies import (
    Emergency,
    EmergencyDecision,
    EmergencyFinding,
    RepairObjection,
    RepairPublicity,
)
from funds.models.files import FundFile
from funds.models.papers import YearPaper
from funds.models.releases import (
    FundApplication,
    Instalment,
    InstalmentShare,
    OwedRelief,
    Refund,
    RefundShare,
    ReleaseList,
    Review,
    Settlement,
)
from funds.models.repairs import (
    PlanItem,
    Quote,
    RepairFile,
    RepairRequest,
    RepairStep,
    RepairVersion,
    VersionUnit,
)
from funds.models.snapshots import Snapshot, SnapshotLine

__all__ = [
    "BankMatch",
    "Emergency",
    "EmergencyDecision",
    "EmergencyFinding",
    "FundAccount",
    "FundApplication",
    "FundFile",
    "Instalment",
    "InstalmentShare",
    "MatchPart",
    "OwedAmount",
    "OwedPayment",
    "OwedRelief",
    "PhoneCheck",
    "PlanItem",
    "Posting",
    "Quote",
    "Refund",
    "RefundShare",
    "ReleaseList",
    "RepairFile",
    "RepairObjection",
    "RepairPublicity",
    "RepairRequest",
    "RepairStep",
    "RepairVersion",
    "Review",
    "Settlement",
    "Snapshot",
    "SnapshotLine",
    "SpecialAccount",
    "StatementLine",
    "SubAccount",
    "VersionUnit",
    "Voucher",
    "YearPaper",
]
