"""What is made public: sources, books, closings, publications, questions, duties."""

from disclosures.models.books import Book, Entry, EntryPaper, Holding, Posting, SplitDecision
from disclosures.models.duties import Disclosure, Duty, Enrolment
from disclosures.models.papers import LaterCover, Paper, PaperPage
from disclosures.models.publishing import Closing, Period, Publication, YearAccount
from disclosures.models.questions import Question
from disclosures.models.sources import Contract, Source, SourceReport

__all__ = [
    "Book",
    "Closing",
    "Contract",
    "Disclosure",
    "Duty",
    "Enrolment",
    "Entry",
    "EntryPaper",
    "Holding",
    "LaterCover",
    "Paper",
    "PaperPage",
    "Period",
    "Posting",
    "Publication",
    "Question",
    "Source",
    "SourceReport",
    "SplitDecision",
    "YearAccount",
]
