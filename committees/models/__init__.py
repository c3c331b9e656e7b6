"""What bureaus keep of estates and their committees."""

from committees.models.bodies import Committee
from committees.models.duties import Breach, BreachStep, DutyDone, DutyStrike, Occasion
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
    "Occasion",
    "RegisterImport",
    "Report",
    "Snapshot",
    "SnapshotCount",
    "SnapshotEstate",
    "SnapshotFigure",
]
