"""Testing a ballot instead of casting it (§8): reveal everything, let anyone encrypt again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import elgamal, proof
from .ballot import FIELDS, PAIR_SIZE, Choices, tracker
from .group import SCALAR_SIZE
from .manifest import Manifest, Motion
from .shape import Shape, b64

FORMAT = "yishi-test-1"
_SHAPE = Shape("test")


def reveal(
    manifest: Manifest,
    ballot: dict[str, Any],
    choices: Choices,
    randomness: Sequence[Sequence[int] | None],
) -> dict[str, Any]:
    """What testing a ballot reveals (§8). `ballot`, `randomness`: as `encrypt` gave them."""
    answers: list[dict[str, Any] | None] = []
    for motion, chosen, rs in zip(manifest.motions, choices, randomness, strict=True):
        if chosen is None or rs is None:
            answers.append(None)
            continue
        marks = [int(option in chosen) for option in range(len(motion.options))]
        opened = [b64(r.to_bytes(SCALAR_SIZE, "big")) for r in rs]
        answers.append({"choices": marks, "randomness": opened})
    return {"format": FORMAT, "ballot": ballot, "answers": answers}


def verify(manifest: Manifest, value: Any) -> tuple[str, list[list[int] | None]]:
    """(tracker, choices) of a tested ballot: it holds exactly what was chosen.

    `value`: JSON value of the revealed text. Raises Refused("test", …).
    """
    shape, motions = _SHAPE, manifest.motions
    shape.fields(value, "test", "format", "ballot", "answers")
    shape.equal(value["format"], "format", FORMAT)
    unsigned = shape.fields(value["ballot"], "ballot", *FIELDS)
    shape.equal(unsigned["manifest"], "manifest", manifest.hash.hex())
    count = len(motions)
    sealed = shape.items(unsigned["answers"], "ballot.answers", count, count)
    opened = shape.items(value["answers"], "answers", count, count)
    choices: list[list[int] | None] = []
    for index, motion in enumerate(motions):
        if sealed[index] is None and opened[index] is None:
            choices.append(None)
        else:
            where = f"answers[{index}]"
            marks = _reopen(manifest, motion, sealed[index], opened[index], where)
            choices.append(marks)
    return tracker(manifest, unsigned), choices


def _reopen(
    manifest: Manifest, motion: Motion, sealed: Any, opened: Any, where: str
) -> list[int]:
    """Encrypt again and compare; the options chosen."""
    shape, suite, count = _SHAPE, manifest.suite, len(motion.options)
    shape.fields(sealed, where, "options", "sum")
    shape.fields(opened, where, "choices", "randomness")
    texts = shape.items(sealed["options"], where, count, count)
    marks = shape.items(opened["choices"], where, count, count)
    rs = shape.items(opened["randomness"], where, count, count)
    chosen = []
    for option in range(count):
        place = f"{where}.options[{option}]"
        data = shape.data(texts[option], place, PAIR_SIZE + proof.size(0, 1))
        message = shape.integer(marks[option], place, 0, 1)
        r = shape.scalar(suite, shape.data(rs[option], place, SCALAR_SIZE), place)
        again = elgamal.encrypt(suite, manifest.election_key, message, r)
        if again.encode() != data[:PAIR_SIZE]:
            raise shape.refuse(place, "holds another choice")
        if message:
            chosen.append(option)
    return chosen
