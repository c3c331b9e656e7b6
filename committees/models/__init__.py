"""What bureaus keep of estates and their committees."""

from committees.models.bodies import Committee
from committees.models.duties import Breach, BreachStep, DutyDone, DutyStrike, Occasion
from committees.models.evidence import Evidence, EvidencePage, Filed
from committees.models.formations import (
    Formation,
    Inquiry,
    InquiryReply,
    Nominee,
    Reached,
)
from committees.models.handovers import Handover, HandoverItem, ItemState
from committees.models.members import Explanation, Member, PartyAnswer, PartyCount
from committees.models.problems import Problem, ProblemItem, ProblemPage, ProblemStep
from committees.models.records import EstateMove, EstateRecord, EstateSeen, RegisterImport
from committees.models.reports import Report, SnapshotFigure
from committees.models.snapshots import Snapshot, SnapshotCount, SnapshotEstate

__all__ = [
    "Breach",
    "BreachStep",
    "Committee",
    "DutyDone",
    "DutyStrike",
    "EstateMove",
    "EstateRecord",
    "EstateSeen",
    "Evidence",
    "EvidencePage",
    "Explanation",
    "Filed",
    "Formation",
    "Handover",
    "HandoverItem",
    "Inquiry",
    "InquiryReply",
    "ItemState",
    "Member",
    "Nominee",
    "Occasion",
    "PartyAnswer",
    "PartyCount",
    "Problem",
    "ProblemItem",
    "ProblemPage",
    "ProblemStep",
    "Reached",
    "RegisterImport",
    "Report",
    "Snapshot",
    "SnapshotCount",
    "SnapshotEstate",
    "SnapshotFigure",
]
