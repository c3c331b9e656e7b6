"""Verify an export: python -m voting.verifier DIR [--json] [--root HEX] [--key FILE] …"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from .verification import verify


def main(arguments: list[str] | None = None) -> int:
    """Print the report; 0 where every check held, else 1 (2 for wrong arguments)."""
    parser = argparse.ArgumentParser(
        prog="python -m voting.verifier",
        description="Check an exported vote: every ballot, the count and the result.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the export")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--root", metavar="HEX", help="a root of this board you hold")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the board key you hold")
    parser.add_argument("--receipt", type=Path, metavar="FILE", help="a receipt")
    parser.add_argument(
        "--openings", type=Path, metavar="FILE", help="the opened ballots of a named vote"
    )
    given = parser.parse_args(arguments)
    report = verify(
        given.folder,
        root=given.root,
        key=given.key,
        receipt=given.receipt,
        openings=given.openings,
    )
    # JSON in ASCII only, so that no terminal's encoding can break it.
    text = json.dumps(report.as_json(), indent=2) if given.json else report.as_text()
    sys.stdout.write(text + "\n")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
