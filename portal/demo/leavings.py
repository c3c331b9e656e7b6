"""What the demo leaves in `var/demo/`, and the proof that it all agrees."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from core.canonical import parse_canonical
from portal.demo.story import Link, Story
from voting.models import Session, TrusteeKey
from voting.protocol.export import CHECKPOINTS
from voting.selectors import terms
from voting.services.exporting import export_board
from voting.spool import letters_path
from voting.verifier import forgeries, verify

FILES = ("roll.csv", "motions.csv", "ballots.csv")


def write_tables(story: Story, out: Path) -> None:
    """The paper counter's three files of the ended vote: roll, motions, scripted choices."""
    _csv(
        out / "roll.csv",
        ("房号", "建筑面积", "业主姓名", "证件号码", "状态"),
        story.sample.roll(),
    )
    motions = terms(story.ended).value["motions"]
    _csv(
        out / "motions.csv",
        ("事项", "类别", "标题"),
        [(motion["id"], motion["matter"], motion["title"]) for motion in motions],
    )
    _csv(
        out / "ballots.csv",
        ("房号", "事项", "意见"),
        [
            (room, motion, answer)
            for room, answers in story.choices.items()
            for motion, answer in answers.items()
        ],
    )


def write_letters(session: Session, out: Path) -> None:
    shutil.copyfile(letters_path(session.code), out)
    out.chmod(0o600)


def write_papers(story: Story, out: Path) -> dict[str, Any]:
    """`resolution.pdf` and `tally.json`, the very bytes attached to it."""
    document = story.ended.resolution
    if document is None:
        raise RuntimeError("the ended vote has its resolution")
    (out / "resolution.pdf").write_bytes(bytes(document.pdf))
    (out / "tally.json").write_bytes(bytes(document.facts))
    tally: dict[str, Any] = json.loads(bytes(document.facts))
    return tally


def recount(out: Path) -> dict[str, Any]:
    """What `manage.py count` makes of the three files, in a process of its own."""
    roll, motions, ballots = (str(out / name) for name in FILES)
    done = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "manage.py",
            "count",
            "--roll",
            roll,
            "--motions",
            motions,
            "--ballots",
            ballots,
            "--json",
        ],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def write_board(story: Story, out: Path) -> str:
    """The export of the ended vote, verified; returns its root."""
    export_board(story.ended, out)
    report = verify(out)
    if not report.ok:
        raise RuntimeError(f"the verifier refuses the board: {report}")
    last = (out / CHECKPOINTS).read_bytes().splitlines()[-1]
    return str(parse_canonical(last)["root"])


def write_forged(story: Story, board: Path, out: Path, root: str) -> dict[str, str]:
    """Boards forged with our own keys, each refused by its deep check alone: kind → check.

    A forgery that hashes, links or checkpoints give away would prove nothing.
    """
    keys = forgeries.Keys(
        board=settings.BOARD_KEY,
        trustees={
            key.index: int(key.secret, 16)
            for key in TrusteeKey.objects.filter(session=story.ended)
        },
    )
    forgeries.write_all(board, out, keys=keys)
    for kind, check in forgeries.FORGED.items():
        report = verify(out / kind, root=root if check == "origin" else None)
        failing = [one.name for one in report.checks if not one.ok]
        if failing[:1] != [check]:
            raise RuntimeError(f"the forged board {kind} is refused by {failing}, not {check}")
    return forgeries.FORGED


def pair(count: dict[str, Any]) -> str:
    return f"{count['heads']} 人 {count['area']} 平方米"


def write_links(links: Iterable[Link], out: Path) -> None:
    rows = ((*link[:3], "是" if link.has_voted else "") for link in links)
    _csv(out, ("房号", "二维码地址", "短码", "投过票"), rows)
    out.chmod(0o600)


def _csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
