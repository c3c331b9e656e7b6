"""Sessions, motions, the frozen roll, credentials and recorded ballots.

The board (a `logbook.Log`) is the record; the rows here are what is needed to run a
session and to find entries on the board. Nothing here holds a choice.
"""

from voting.models.archives import ArchiveBundle, Filing, FilingPaper, Originals
from voting.models.ballots import Ballot, BallotPoint, Ruling
from voting.models.convening import (
    Basis,
    Demand,
    Extension,
    GroupMember,
    Review,
    ReviewComment,
    Supervisor,
    Waiver,
)
from voting.models.delivery import DeliveryCheck, DeliveryEvidence, DeliveryMark
from voting.models.elections import Candidate, Election
from voting.models.keys import KeyCeremony, KeyHolder, TrusteeKey, Witness, Witnessing
from voting.models.letters import LetterMaker
from voting.models.lots import KeyLot
from voting.models.objections import Objection, Recusal
from voting.models.opened import CourtFile, CourtOrder, Look, OpenedLine, Openings
from voting.models.paper import (
    BoxCount,
    PaperBallot,
    PaperReading,
    PaperRuling,
    ReissuedSerial,
)
from voting.models.posted_roll import RollChange, RollPosting
from voting.models.results import PreliminaryResult, StandingEvent
from voting.models.roll import CheckCode, LetterCode, MotionShare, Party, PartyUnit
from voting.models.sessions import Attachment, Motion, Session
from voting.models.standins import Assistance, HelpedBallot, Proxy, Transfer

__all__ = [
    "ArchiveBundle",
    "Assistance",
    "Attachment",
    "Ballot",
    "BallotPoint",
    "Basis",
    "BoxCount",
    "Candidate",
    "CheckCode",
    "CourtFile",
    "CourtOrder",
    "DeliveryCheck",
    "DeliveryEvidence",
    "DeliveryMark",
    "Demand",
    "Election",
    "Extension",
    "Filing",
    "FilingPaper",
    "GroupMember",
    "HelpedBallot",
    "KeyCeremony",
    "KeyHolder",
    "KeyLot",
    "LetterCode",
    "LetterMaker",
    "Look",
    "Motion",
    "MotionShare",
    "Objection",
    "OpenedLine",
    "Openings",
    "Originals",
    "PaperBallot",
    "PaperReading",
    "PaperRuling",
    "Party",
    "PartyUnit",
    "PreliminaryResult",
    "Proxy",
    "Recusal",
    "ReissuedSerial",
    "Review",
    "ReviewComment",
    "RollChange",
    "RollPosting",
    "Ruling",
    "Session",
    "StandingEvent",
    "Supervisor",
    "Transfer",
    "TrusteeKey",
    "Waiver",
    "Witness",
    "Witnessing",
]
