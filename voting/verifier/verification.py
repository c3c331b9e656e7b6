"""Runs the checks of §12 in their order, each by name, and gathers what they found.

A check that fails does not stop those that do not rest on it. What could not be checked, since
the board has not come so far or an earlier check failed, is listed as not checked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from voting.protocol.openings import Counted
from voting.protocol.refusal import Refused
from voting.protocol.tally import Aggregate

from .counting import Counting
from .evidence import Evidence
from .reading import NotYet, Reading
from .replay import BALLOT_CHECKS, Replay
from .report import Check, Report


class _Step(NamedTuple):
    """`run` makes the checks `names`, in order, and gives a detail for each."""

    names: tuple[str, ...]
    needs: tuple[str, ...]
    run: Callable[[], dict[str, str]]


class Examined(NamedTuple):
    """A report, with what was read on the way, the counted ballots and their sums.

    They are to be relied on only as far as the report says the checks held.
    """

    report: Report
    reading: Reading
    sums: list[Aggregate]
    counted: list[Counted]


def verify(
    folder: Path,
    *,
    root: str | None = None,
    key: Path | None = None,
    receipt: Path | None = None,
    openings: Path | None = None,
) -> Report:
    """Check an export folder.

    `root`: hex of a root of this board you hold; `key`: file with the board's public key in
    base64url; `receipt`: file with a receipt in JSON; `openings`: the restricted file of a
    named vote.
    """
    return examine(folder, root=root, key=key, receipt=receipt, openings=openings).report


def examine(
    folder: Path,
    *,
    root: str | None = None,
    key: Path | None = None,
    receipt: Path | None = None,
    openings: Path | None = None,
) -> Examined:
    """`verify`, for who needs more than the report."""
    reading = Reading(folder)
    replay = Replay(reading)
    counting = Counting(reading, replay)
    evidence = Evidence(reading, replay)
    needed_board = ("chain", "manifest", "roll", "phases")
    steps = [
        _Step(("files",), (), reading.files),
        _Step(("canonical",), (), reading.canonical),
        _Step(("manifest",), ("canonical",), reading.manifest_entry),
        _Step(("chain",), ("manifest",), reading.chain),
        _Step(("checkpoints",), ("manifest",), reading.checkpoints),
        _Step(("roll",), ("manifest",), reading.roll),
        _Step(("trustees",), ("manifest",), reading.trustees),
        _Step(("phases",), ("chain",), replay.phases),
        _Step(BALLOT_CHECKS, needed_board, replay.ballots),
        _Step(("box",), BALLOT_CHECKS, counting.box),
        _Step(("counted",), BALLOT_CHECKS, counting.counted),
        _Step(("participation",), BALLOT_CHECKS, counting.participation),
        _Step(("aggregates",), ("counted", "participation"), counting.aggregates),
        _Step(("decryption",), ("aggregates", "trustees"), counting.decryption),
        _Step(("totals",), ("decryption",), counting.totals),
        _Step(("verdict",), ("totals",), counting.verdict),
        _Step(("resolution",), ("phases",), counting.resolution),
        _Step(("late_rulings",), ("verdict",), counting.late_rulings),
        _Step(("court_orders",), ("verdict",), counting.court_orders),
    ]
    if root is not None:
        steps.append(_Step(("origin",), ("manifest",), lambda: evidence.origin(root)))
    if key is not None:
        steps.append(_Step(("key",), ("manifest",), lambda: evidence.key(key)))
    if receipt is not None:
        needs = ("chain", "manifest")
        steps.append(_Step(("receipt",), needs, lambda: evidence.receipt(receipt)))
    if openings is not None:
        steps.append(_Step(("openings",), ("verdict",), lambda: counting.openings(openings)))
    checks, not_checked = _run(steps)
    if root is None and key is None:
        not_checked.append("origin")
    if reading.lacking_witnesses:
        not_checked.append("witnesses")
    proved = any(check.name == "totals" and check.ok for check in checks)
    results: list[dict[str, Any]] = counting.results() if proved else []
    report = Report(checks, not_checked, results)
    return Examined(report, reading, counting.sums, counting.ballots)


def _run(steps: list[_Step]) -> tuple[list[Check], list[str]]:
    checks: list[Check] = []
    not_checked: list[str] = []
    held: set[str] = set()
    for step in steps:
        if not held.issuperset(step.needs):
            not_checked += step.names
            continue
        try:
            details = step.run()
        except NotYet:
            not_checked += step.names
        except Refused as refused:
            checks.append(Check(refused.check, False, refused.detail))
            not_checked += [name for name in step.names if name != refused.check]
        except Exception as error:  # a fault of ours must not end in silence
            fault = f"the verifier itself failed here ({type(error).__name__})"
            checks.append(Check(step.names[0], False, fault))
            not_checked += step.names[1:]
        else:
            checks += [Check(name, True, details[name]) for name in step.names]
            held.update(step.names)
    return checks, not_checked
