"""What bureaus keep of estates and their committees."""

from committees.models.bodies import Committee
from committees.models.problems import Problem, ProblemItem, ProblemPage, ProblemStep
from committees.models.records import EstateMove, EstateRecord, EstateSeen, RegisterImport
from committees.models.snapshots import Snapshot, SnapshotCount, SnapshotEstate

__all__ = [
    "Committee",
    "EstateMove",
    "EstateRecord",
    "EstateSeen",
    "Problem",
    "ProblemItem",
    "ProblemPage",
    "ProblemStep",
    "RegisterImport",
    "Snapshot",
    "SnapshotCount",
    "SnapshotEstate",
]
