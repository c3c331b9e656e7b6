"""The vectors are what the code computes, and every refused ballot is refused by its check."""

import json
from pathlib import Path

import pytest

from core.canonical import NotCanonical, parse_canonical
from voting.protocol import ballot, checkpoint, consistency, manifest
from voting.protocol.refusal import Refused
from voting.protocol.shape import unb64

FOLDER = Path(__file__).parents[2] / "vectors"


def cases(name):
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))["cases"]


def test_the_script_writes_what_lies_there(monkeypatch, tmp_path):
    from tests.vectors import make

    monkeypatch.setattr(make, "FOLDER", tmp_path)
    make.main()
    written = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert written
    for path in written:
        there = FOLDER / path.relative_to(tmp_path)
        assert there.read_bytes() == path.read_bytes(), there.name


@pytest.mark.parametrize("case", cases("01-canonical.json"), ids=lambda case: case["line"][:20])
def test_canonical(case):
    line = case["line"].encode()
    if case["accepted"]:
        parse_canonical(line, 10**6)
    else:
        with pytest.raises(NotCanonical):
            parse_canonical(line, 10**6)


@pytest.mark.parametrize(
    "case",
    cases("06-ballot-refused.json"),
    ids=lambda case: f"{case['suite']} {case['what']}",
)
def test_ballots_are_refused_by_the_named_check(case):
    def verify():
        ballot.verify_ballot(
            manifest.parse(case["manifest"]),
            ballot.read(case["line"].encode()),
            expected_key=unb64(case["expected_key"]),
            expected_number=case["expected_number"],
            expected_previous=case["expected_previous"],
        )

    if case["check"] is None:
        verify()
        return
    with pytest.raises(Refused) as refused:
        verify()
    assert refused.value.check == case["check"]


@pytest.mark.parametrize("case", cases("05-ballot.json"), ids=lambda case: case["tracker"])
def test_ballots_hold(case):
    ballot.verify_ballot(
        manifest.parse(case["manifest"]),
        case["ballot"],
        expected_key=unb64(case["key"]),
        expected_number=case["number"],
        expected_previous=case["previous"],
    )


@pytest.mark.parametrize("case", cases("14-witness.json"), ids=lambda case: case["suite"])
def test_a_witness(case):
    checkpoints = [parse_canonical(line.encode()) for line in case["checkpoints"]]
    last = checkpoints[-1]
    for before, value in zip(checkpoints, case["consistency"], strict=True):
        proof = consistency.parse(value)
        assert proof.holds(bytes.fromhex(before["root"]), bytes.fromhex(last["root"]))
        assert not proof.holds(bytes(32), bytes.fromhex(last["root"]))
        signed = {"cosignatures": []} | last
        for cosignature in case["cosignatures"]:
            found = checkpoint.parse_cosignature(proof.manifest, cosignature)
            entry = {"key": found.key, "signature": found.signature}
            signed["cosignatures"] = [*signed["cosignatures"], entry]
        witnesses = checkpoint.verify(proof.manifest, signed).witnesses
        assert witnesses == proof.manifest.witnesses
