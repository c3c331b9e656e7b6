"""One ballot for a court: everybody sees which and by whom, the court alone sees the choice."""

import json
from pathlib import Path

import pytest

from core.canonical import NotCanonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Vote, election, question
from voting.protocol import handed, openings, sealing
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64, unb64
from voting.verifier import replay, verify
from voting.verifier.verification import examine

VECTORS = Path(__file__).parents[2] / "vectors"
SECRET = bytes(range(32))
COURT = sealing.public_key(SECRET)


def vote_of(**changes):
    vote = Vote(
        areas=(8_952, 12_000),
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        **changes,
    )
    vote.cast(1, [[1], [0, 2]])
    vote.cast(1, [[0], [1]])
    vote.cast(2, [[2], None])
    vote.close()
    vote.tally()
    vote.decrypt()
    vote.result()
    return vote


@pytest.fixture(scope="module")
def resolved():
    vote = vote_of()
    vote.resolve()
    return vote


@pytest.fixture
def vote(resolved):
    """The same board for every test, as it was before any order."""
    kept = list(resolved.lines), resolved.hash, list(resolved.checkpoints)
    yield resolved
    resolved.lines, resolved.hash, resolved.checkpoints = kept


def report_of(vote, folder):
    vote.checkpoint()
    return verify(vote.export(folder))


def failed(report):
    return [check.name for check in report.checks if not check.ok]


def test_everybody_sees_which_ballot_and_by_whom(vote, tmp_path):
    assert details(report_of(vote, tmp_path / "before"))["court_orders"] == "none"
    order = vote.order(1, COURT)
    told = details(report_of(vote, tmp_path / "ordered"))["court_orders"]
    assert told.endswith("测试区人民法院 （2026）测0101民初1号: not opened")
    vote.open_for_court(order)
    report = report_of(vote, tmp_path / "opened")
    assert report.ok, report.as_text()
    assert details(report)["court_orders"].endswith(": opened by trustees 1")
    assert report.results == verify(tmp_path / "before").results


def details(report):
    return {check.name: check.detail for check in report.checks}


@pytest.mark.parametrize("which", [0, 1])
def test_the_court_reads_what_was_cast_and_nobody_else(which, vote, tmp_path):
    seq = vote.cast_by[1][which][0]
    order = vote.order(1, COURT, seq)
    [data] = vote.open_for_court(order)
    vote.checkpoint()
    reading = examine(vote.export(tmp_path / "board")).reading
    lines = handed.unseal(vote.manifest, data, private=SECRET)
    ballot = replay.ballot_at(reading, 1, seq)
    chosen = ([[1], [0, 2]], [[0], [1]])[which]
    assert openings.open_one(vote.manifest, ballot, lines) == chosen
    # What is public does not contain a share of it.
    [share] = [json.loads(line)["motions"][0][0]["share"] for line in lines]
    whole = b"".join(path.read_bytes() for path in (tmp_path / "board").iterdir())
    assert share.encode() not in whole + data
    assert unb64(share) not in data
    with pytest.raises(Refused):
        handed.unseal(vote.manifest, data, private=bytes(32))
    # The shares of one ballot are no shares of the party's other one.
    other = replay.ballot_at(reading, 1, vote.cast_by[1][1 - which][0])
    with pytest.raises(Refused):
        openings.open_one(vote.manifest, other, lines)


def test_every_change_of_a_sealed_file(vote):
    order = vote.order(1, COURT)
    [data] = vote.open_for_court(order)
    head = data.index(b"\n")
    for at in (*range(0, head + 1, 7), head + 1, head + 20, head + 40, len(data) - 1):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(Refused):
            handed.unseal(vote.manifest, bytes(changed), private=SECRET)
    for changed in (b"", b"\n", data[:head], data[: head + 1], data[:-1], data + b"\n"):
        with pytest.raises(Refused):
            handed.unseal(vote.manifest, changed, private=SECRET)


@pytest.mark.parametrize("type_", ["court_order", "court_opening"])
def test_every_small_change_of_an_entry(type_, vote, tmp_path):
    order = vote.order(1, COURT)
    good = json.loads(vote.lines[order])["body"]
    if type_ == "court_order":
        vote.lines.pop()
        vote.hash = vote.suite.hash(vote.lines[-1]).hex()
    else:
        good = {"order": order, "trustee": 1, "sha256": "0" * 64}
    kept = list(vote.lines), vote.hash, list(vote.checkpoints)
    refused = 0
    for number, (what, changed) in enumerate(mutants(good)):
        vote.lines, vote.hash, vote.checkpoints = list(kept[0]), kept[1], list(kept[2])
        try:
            vote.post(type_, changed)
        except NotCanonical:
            continue
        report = report_of(vote, tmp_path / str(number))
        if report.ok:  # what the paper says, checkpoints alone can hold
            held = ("party",) if type_ == "court_order" else ("order", "trustee")
            assert [changed[name] for name in held] == [good[name] for name in held], what
            own = [seq for seq, _ballot in vote.cast_by[1]]
            assert changed.get("seq", own[0]) in own, what
        else:
            assert set(failed(report)) <= {"phases", "court_orders"}, what
            refused += 1
    assert refused > 15


def test_orders_out_of_place(vote, tmp_path):
    order = vote.order(1, COURT)
    vote.open_for_court(order)
    vote.open_for_court(order)
    assert failed(report_of(vote, tmp_path / "twice")) == ["phases"]
    early = vote_of()
    early.order(1, COURT)
    assert failed(report_of(early, tmp_path / "early")) == ["phases"]
    named = vote_of(opening_policy="named")
    named.resolve()
    named.order(1, COURT)
    assert failed(report_of(named, tmp_path / "named")) == ["phases"]


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31)])
def test_a_key_that_gives_everybody_the_same_secret(key, vote, tmp_path):
    vote.order(1, key)
    assert failed(report_of(vote, tmp_path / "board")) == ["phases"]


def test_openings_may_come_after_the_resolution_but_once(tmp_path):
    vote = vote_of(opening_policy="named")
    vote.resolve()
    vote.rule_late(2)
    data = vote.open()
    path = tmp_path / "openings.jsonl"
    path.write_bytes(data)
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "after"), openings=path)
    assert report.ok, report.as_text()
    vote.open()
    assert failed(report_of(vote, tmp_path / "twice")) == ["phases"]


@pytest.mark.parametrize("case", json.loads((VECTORS / "16-court.json").read_text())["cases"])
def test_the_vectors(case):
    report, reading, *_ = examine(VECTORS / case["folder"], root=case["root"])
    if case["refused_by"]:
        assert failed(report) == [case["refused_by"]]
        return
    assert report.ok
    manifest = reading.manifest
    order = json.loads(reading.lines[case["order"]])["body"]
    secret = bytes.fromhex(case["court_secret"])
    assert b64(sealing.public_key(secret)) == order["key"]
    ballot = replay.ballot_at(reading, order["party"], order["seq"])
    lines = [
        line
        for data in case["files"]
        for line in handed.unseal(manifest, unb64(data), private=secret)
    ]
    assert openings.open_one(manifest, ballot, lines) == case["choices"]
    if manifest.threshold > 1:
        with pytest.raises(Refused):
            openings.open_one(manifest, ballot, lines[:1])
