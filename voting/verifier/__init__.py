"""The verifier of exports: `python -m voting.verifier DIR`. No Django, database or network.

`verify` gives a `Report`; it never raises on whatever lies in the folder.
"""

from .report import Check, Report
from .verification import verify

__all__ = ["Check", "Report", "verify"]
