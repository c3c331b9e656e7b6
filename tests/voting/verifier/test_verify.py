"""The verifier: whole and unfinished boards, the command, and every change of a board."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.canonical import NotCanonical, canonical, parse_canonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Dice, Vote, election, question, small_vote
from voting.protocol import checkpoint, export, roll
from voting.protocol.shape import NO_HASH, b64
from voting.verifier import verify
from voting.verifier.__main__ import main

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors"
ALL = [
    *("files", "canonical", "manifest", "chain", "checkpoints", "roll", "trustees", "phases"),
    *("ballots.shape", "ballots.credential", "ballots.sequence", "ballots.unique"),
    *("ballots.signature", "ballots.proofs", "paper", "box"),
    *("counted", "participation", "aggregates"),
    *("decryption", "totals", "verdict", "resolution", "late_rulings", "court_orders"),
]


def failed(report):
    return [check.name for check in report.checks if not check.ok]


@pytest.fixture
def finished(tmp_path):
    vote = small_vote()
    return vote, vote.export(tmp_path / "board")


def test_it_works(finished):
    _, folder = finished
    report = verify(folder)
    assert report.ok
    assert [check.name for check in report.checks] == ALL
    assert report.not_checked == ["origin"]
    # by hand: parties 1, 2, 4 and 5 count; party 3 is excluded; party 1 voted again
    assert report.results == [
        {
            "motion": "m1",
            "heads": {"for": 4, "against": 0, "abstain": 0},
            "area": {"for": "899.53", "against": "0.00", "abstain": "0.00"},
        },
        {
            "motion": "e1",
            "heads": {"c1": 3, "c2": 2, "c3": 1},
            "area": {"c1": "809.52", "c2": "210.01", "c3": "89.52"},
        },
        {
            "motion": "m2",
            "heads": {"for": 3, "against": 0, "abstain": 0},
            "area": {"for": "809.52", "against": "0.00", "abstain": "0.00"},
        },
    ]
    details = {check.name: check.detail for check in report.checks}
    assert details["ballots.credential"] == "1 ballots with replacement credentials"
    assert details["ballots.proofs"] == "6 ballots, 1 encrypted by the server"
    assert details["counted"] == "4 ballots, 1 parties excluded, code 1"


@pytest.mark.parametrize(
    "case",
    json.loads((VECTORS / "10-boards.json").read_text())["cases"],
    ids=lambda case: case["folder"],
)
def test_the_boards_of_the_vectors(case, tmp_path):
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(case["receipt"]))
    key = tmp_path / "key"
    key.write_text(case["key"] + "\n")
    report = verify(VECTORS / case["folder"], root=case["root"], key=key, receipt=path)
    if case["refused_by"] is None:
        assert report.ok
        assert report.not_checked == case.get("not_checked", [])
        assert report.results == case["results"]
    else:
        assert case["refused_by"] in failed(report)


def test_who_signed_with_what_is_counted_from_the_board() -> None:
    """Five parties: an owner after the own agent, assisted, by an agent, sold, by letter."""
    report = verify(VECTORS / "boards" / "p256-helped")
    details = {check.name: check.detail for check in report.checks}
    assert details["counted"] == (
        "5 ballots, 0 parties excluded, code 1, reissue 1, proxy 1, assisted 1"
    )
    (motion,) = report.results
    assert motion["heads"] == {"for": 3, "against": 2, "abstain": 0}


STAGES = ["open", "cast", "close", "ruling", "tally", "first", "decryption", "result"]


@pytest.mark.parametrize("stage", STAGES)
def test_unfinished_boards(stage, tmp_path):
    vote = Vote(threshold=2, count=3)
    steps = [
        ("open", lambda: None),
        ("cast", lambda: vote.cast(1, [[0]])),
        ("close", vote.close),
        ("ruling", lambda: vote.rule(2)),
        ("tally", vote.tally),
        ("first", lambda: vote.decrypt(2)),
        ("decryption", lambda: vote.decrypt(3)),
        ("result", vote.result),
    ]
    for name, step in steps:
        step()
        if name == stage:
            break
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "board"))
    assert report.ok, failed(report)
    made = [check.name for check in report.checks]
    assert sorted(made + report.not_checked) == sorted([*ALL, "origin"])
    until = {
        "open": "box",
        "cast": "box",
        "close": "participation",
        "ruling": "participation",
        "tally": "aggregates",
        "first": "decryption",
        "decryption": "decryption",
        "result": "court_orders",
    }
    assert made[-1] == until[stage]
    assert bool(report.results) == (stage == "result")


def test_origin_key_and_receipt(finished, tmp_path):
    vote, folder = finished
    assert verify(folder, root=vote.root().upper()).ok
    middle = roll.root(vote.suite, vote.lines[:5])
    assert "first 5 entries" in verify(folder, root=middle).checks[-1].detail
    for root in (NO_HASH, "", "x", "g" * 64, vote.root()[:-1]):
        assert failed(verify(folder, root=root)) == ["origin"]
    key = tmp_path / "key"
    for text, ok in (
        (vote.manifest.value["board_key"] + "\n", True),
        (vote.manifest.value["witnesses"][0], False),
        ("", False),
        ("é", False),
        ("A" * 100_000, False),
    ):
        key.write_text(text)
        report = verify(folder, key=key)
        assert failed(report) == ([] if ok else ["key"])
        assert "origin" not in report.not_checked
    path = tmp_path / "receipt.json"
    for promise in vote.receipts:
        path.write_text(json.dumps(promise, indent=2))
        assert verify(folder, receipt=path).ok
    small = Vote()
    promise = small.cast(1, [[0]])
    small.checkpoint()
    folder = small.export(tmp_path / "small")
    for name, changed in mutants(promise):
        path.write_text(json.dumps(changed))
        assert failed(verify(folder, receipt=path)) == ["receipt"], name
    for data in (b"", b"\xff", b"[" * 50_000, b"x" * 100_000):
        path.write_bytes(data)
        assert failed(verify(folder, receipt=path)) == ["receipt"]
    assert failed(verify(folder, receipt=tmp_path / "nowhere")) == ["receipt"]


def test_a_broken_promise(tmp_path):
    vote = Vote()
    promise = vote.cast(1, [[0]])
    vote.time = "2026-04-01T00:10:00Z"  # ten minutes after checkpoint_by
    vote.checkpoint()
    path = tmp_path / "receipt.json"
    path.write_bytes(canonical(promise))
    report = verify(vote.export(tmp_path / "board"), receipt=path)
    assert failed(report) == ["receipt"]


def test_a_replaced_ballot_is_still_there(finished, tmp_path):
    vote, folder = finished
    path = tmp_path / "receipt.json"
    path.write_bytes(canonical(vote.receipts[0]))
    assert "replaced by entry" in verify(folder, receipt=path).checks[-1].detail


def test_not_witnessed(tmp_path):
    vote = Vote(witnesses_needed=1)
    report = verify(vote.export(tmp_path / "alone"))
    assert report.ok
    assert "witnesses" in report.not_checked
    assert "not witnessed" in report.checks[4].detail
    vote.checkpoint(witnessed=True)
    assert "witnesses" not in verify(vote.export(tmp_path / "seen")).not_checked


def test_json_whatever_the_terminals_encoding(finished, capsys):
    _vote, folder = finished
    assert main([str(folder), "--json"]) == 0
    assert capsys.readouterr().out.isascii()


def test_the_command(finished, capsys):
    vote, folder = finished
    assert main([str(folder), "--json", "--root", vote.root()]) == 0
    report = json.loads(capsys.readouterr().out)
    assert set(report) == {"ok", "checks", "not_checked", "results"}
    assert report["ok"] is True
    assert set(report["checks"][0]) == {"name", "ok", "detail"}
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out.endswith("VERIFIED\n")
    assert main([str(folder / "nowhere")]) == 1
    assert "REFUSED  files" in capsys.readouterr().out


def test_it_runs_without_django_database_or_network(finished):
    _, folder = finished
    code = (
        "import sys, socket\n"
        "socket.socket = None\n"
        "from voting.verifier.__main__ import main\n"
        f"status = main([{str(folder)!r}, '--json'])\n"
        "assert not {'django', 'sqlite3'} & set(sys.modules), 'imported'\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["board.jsonl", "checkpoints.jsonl", "roll.jsonl"])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[:-2],
        lambda data: data + b"\n",
        lambda data: b"\n" + data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"".join(data.splitlines(keepends=True)[::-1]),
        lambda data: data.splitlines(keepends=True)[0] + data,
        lambda data: data.replace(b":", b": ", 1),
        lambda data: b"[" * 100_000 + b"\n",
        lambda data: b"x" * 5_000_000,
        lambda data: b"\xff" + data,
        lambda data: b"null\n" * 3,
        lambda data: b"1.0\n",
    ],
)
def test_a_changed_file_even_with_its_index_rewritten(finished, name, change):
    _, folder = finished
    path = folder / name
    path.write_bytes(change(path.read_bytes()))
    assert "files" in failed(verify(folder))
    reindex(folder)
    report = verify(folder)
    assert failed(report)
    assert "files" not in failed(report) or not path.read_bytes()
    assert not any("itself failed" in check.detail for check in report.checks)


def reindex(folder):
    files = {
        path.name: {
            "size": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in folder.iterdir()
        if path.name != "index.json"
    }
    index = {"format": "yishi-export-1", "session": "YS-2026-01", "files": files}
    (folder / "index.json").write_bytes(canonical(index) + b"\n")


# --- every change of a board, linked and signed again by the server's own key -----------------


def tiny():
    vote = Vote(
        areas=(8_952, 12_000, 10_133),
        motions=[question("m1"), election("e1", candidates=2, seats=1)],
    )
    extension = {"closes_at": "2026-03-15T10:40:00Z", "sha256": NO_HASH}
    vote.replace(2)
    vote.cast(1, [[0], [1]])
    vote.post("extend", extension)
    vote.cast(2, [[1], []])
    vote.cast(3, [[0], None])
    vote.close("2026-03-15T10:40:00Z")
    vote.rule(3)
    vote.tally()
    vote.decrypt()
    vote.result()
    vote.resolve()
    vote.checkpoint()
    return vote


TINY = tiny()
ENTRIES = [parse_canonical(line) for line in TINY.lines]
CHECKS = {*ALL}


def linked(folder, entries):
    """An export of these entries, as somebody with the board's key would write it."""
    lines, previous = [], NO_HASH
    for seq, entry in enumerate(entries):
        linked_ = {**entry, "seq": seq, "prev": previous}
        lines.append(canonical(linked_))
        previous = TINY.suite.hash(lines[-1]).hex()
    signed = checkpoint.sign(
        TINY.board_secret,
        session=TINY.session,
        size=max(len(lines), 1),
        root=roll.root(TINY.suite, lines),
        time="2026-12-31T00:00:00Z",
    )
    export.write(
        folder,
        session=TINY.session,
        board=lines,
        checkpoints=[checkpoint.make_line(signed)],
        roll=TINY.roll_lines,
        resolution=TINY.resolution,
    )
    return verify(folder, root=TINY.root())


def test_linking_again_without_a_change_is_accepted(tmp_path):
    assert linked(tmp_path / "board", ENTRIES).ok


# What the server may write freely: whoever holds its key can change it, and only a root held
# from before shows it.
FREE = {
    "credential": ("reason",),
    "extend": ("sha256",),
    "ruling": ("sha256", "signers"),
    "resolution": ("number",),
}


def judge(report, seq, name):
    found = failed(report)
    assert "origin" in found
    assert not any("itself failed" in check.detail for check in report.checks), report.checks
    deep = [check for check in found if check != "origin"]
    type_, field = ENTRIES[seq]["type"], name.split("/")[0].split(" ")[0]
    if not deep:
        assert field in FREE.get(type_, ()), (type_, name)
    assert set(deep) <= CHECKS


@pytest.mark.parametrize("seq", range(1, len(ENTRIES)), ids=lambda seq: ENTRIES[seq]["type"])
def test_every_change_of_every_body(seq, tmp_path):
    count = 0
    for number, (name, body) in enumerate(mutants(ENTRIES[seq]["body"])):
        entries = [*ENTRIES]
        entries[seq] = {**entries[seq], "body": body}
        try:
            report = linked(tmp_path / str(number), entries)
        except NotCanonical:
            continue
        judge(report, seq, name)
        count += 1
    assert count > 10


@pytest.mark.parametrize("seq", range(len(ENTRIES)), ids=lambda seq: ENTRIES[seq]["type"])
def test_entries_dropped_doubled_exchanged_retyped(seq, tmp_path):
    entry = ENTRIES[seq]
    changes = {
        "dropped": ENTRIES[:seq] + ENTRIES[seq + 1 :],
        "doubled": ENTRIES[: seq + 1] + ENTRIES[seq:],
        "cut": ENTRIES[:seq],
        "later": [
            *ENTRIES[:seq],
            {**entry, "time": "2026-12-30T00:00:00Z"},
            *ENTRIES[seq + 1 :],
        ],
        "earlier": [
            *ENTRIES[:seq],
            {**entry, "time": "2026-01-01T00:00:00Z"},
            *ENTRIES[seq + 1 :],
        ],
        "unrounded": [
            *ENTRIES[:seq],
            {**entry, "time": entry["time"][:-3] + "7Z"},
            *ENTRIES[seq + 1 :],
        ],
        "retyped": [*ENTRIES[:seq], {**entry, "type": "close"}, *ENTRIES[seq + 1 :]],
        "unknown": [*ENTRIES[:seq], {**entry, "type": "x"}, *ENTRIES[seq + 1 :]],
        "listed": [*ENTRIES[:seq], {**entry, "type": []}, *ENTRIES[seq + 1 :]],
        "nothing": [*ENTRIES[:seq], {**entry, "body": None}, *ENTRIES[seq + 1 :]],
        "more": [*ENTRIES[:seq], {**entry, "more": 1}, *ENTRIES[seq + 1 :]],
    }
    if seq + 1 < len(ENTRIES):
        changes["exchanged"] = [
            *ENTRIES[:seq],
            ENTRIES[seq + 1],
            entry,
            *ENTRIES[seq + 2 :],
        ]
    for name, entries in changes.items():
        if entries == ENTRIES or (name == "later" and seq == len(ENTRIES) - 1):
            continue
        report = linked(tmp_path / name, entries)
        assert not report.ok, name
        assert not any("itself failed" in check.detail for check in report.checks), name
        # a board cut short is consistent; exchanging two free entries may be, too
        if name not in ("cut", "exchanged") and not (
            name == "dropped" and entry["type"] in ("resolution", "extend", "ballot", "ruling")
        ):
            assert set(failed(report)) & CHECKS, name


def test_every_change_of_the_manifest(tmp_path):
    """Bound to every proof: no field of it can change, free texts included."""
    for number, (name, body) in enumerate(mutants(ENTRIES[0]["body"])):
        try:
            report = linked(
                tmp_path / str(number), [{**ENTRIES[0], "body": body}, *ENTRIES[1:]]
            )
        except NotCanonical:
            continue
        assert set(failed(report)) & CHECKS, name
        assert not any("itself failed" in check.detail for check in report.checks), name


def test_changes_of_the_roll(tmp_path):
    lines = [parse_canonical(line) for line in TINY.roll_lines]
    for number, (name, changed) in enumerate(mutants(lines)):
        try:
            written = [canonical(line) for line in changed]
        except NotCanonical:
            continue
        folder = tmp_path / str(number)
        export.write(
            folder,
            session=TINY.session,
            board=TINY.lines,
            checkpoints=TINY.checkpoints,
            roll=written,
            resolution=TINY.resolution,
        )
        report = verify(folder)
        assert {"roll", "canonical"} & set(failed(report)), name


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_random_sessions(data, tmp_path_factory):
    """Cast, replace, revote, close, rule, count, export, verify: as counted by hand."""
    suite_name = data.draw(st.sampled_from(["P256-SHA256", "SM2-SM3"]))
    threshold, count = data.draw(st.sampled_from([(1, 1), (2, 3)]))
    areas = tuple(data.draw(st.lists(st.integers(1, 900_000), min_size=1, max_size=5)))
    vote = Vote(
        suite_name,
        areas=areas,
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        threshold=threshold,
        count=count,
    )
    last = {}
    pick = st.tuples(
        st.none() | st.sampled_from([(0,), (1,), (2,)]),
        st.none() | st.sets(st.integers(0, 2), max_size=2).map(tuple),
    ).filter(lambda pair: pair != (None, None))
    for _ in range(data.draw(st.integers(0, 6))):
        party = data.draw(st.integers(1, len(areas)))
        if data.draw(st.booleans()):
            vote.replace(party)
        last[party] = data.draw(pick)
        by = data.draw(st.sampled_from(["browser", "server"]))
        vote.cast(party, last[party], encrypted_by=by)
        if data.draw(st.booleans()):
            vote.checkpoint()
    vote.close()
    for party in data.draw(st.sets(st.integers(1, len(areas)), max_size=2)):
        vote.rule(party)
        last.pop(party, None)
    vote.tally()
    opening = data.draw(st.permutations(range(1, count + 1)))[
        : data.draw(st.integers(threshold, count))
    ]
    vote.decrypt(*opening)
    vote.result()
    vote.resolve()
    vote.checkpoint()
    report = verify(vote.export(tmp_path_factory.mktemp("vote") / "board"), root=vote.root())
    assert report.ok, report.as_text()
    for motion, (names, result) in enumerate(
        zip((["for", "against", "abstain"], ["c1", "c2", "c3"]), report.results, strict=True)
    ):
        for option, name in enumerate(names):
            voters = [p for p, chosen in last.items() if option in (chosen[motion] or ())]
            assert result["heads"][name] == len(voters)
            area = sum(areas[party - 1] for party in voters)
            assert result["area"][name] == f"{area // 100}.{area % 100:02}"


# --- what only the board as a whole can show


def refused_by(vote, folder):
    vote.checkpoint()
    report = verify(vote.export(folder))
    return failed(report), [check.detail for check in report.checks if not check.ok]


def test_the_same_ciphertexts_in_two_ballots(tmp_path):
    """Even with proofs of its own: who knows r can prove the same pair twice."""
    vote = Vote()
    vote.cast(1, [[0]], rng=Dice("same"))
    vote.cast(2, [[0]], rng=Dice("same"))
    assert refused_by(vote, tmp_path / "board")[0] == ["ballots.unique"]


def test_a_party_that_is_not_on_the_roll(tmp_path):
    vote = Vote()
    vote.secrets[4] = 99
    vote.cast(4, [[0]])
    assert refused_by(vote, tmp_path / "board")[0] == ["ballots.credential"]


@pytest.mark.parametrize(
    ("key", "replaces", "ok"), [(4, 2, True), (4, 1, False), (1, 2, False), (2, 2, False)]
)
def test_replacement_credentials(key, replaces, ok, tmp_path):
    """For party 2; keys 1 to 3 are the roll's, 4 is new."""
    vote = Vote()
    keys = {party: pair[1] for party, pair in vote.keys.items()}
    keys[4] = vote.suite.group.base(4).encode()
    body = {
        "party": 2,
        "key": b64(keys[key]),
        "replaces": b64(keys[replaces]),
        "reason": "reissue",
    }
    vote.post("credential", body)
    vote.cast(1, [[0]])
    names, _ = refused_by(vote, tmp_path / "board")
    assert names == ([] if ok else ["ballots.credential"])


def test_a_credential_does_not_come_back(tmp_path):
    vote = Vote()
    old = vote.secrets[2]
    vote.replace(2)
    vote.secrets[2] = old
    vote.cast(2, [[0]])
    assert refused_by(vote, tmp_path / "board")[0] == ["ballots.credential"]


def test_a_ballot_that_is_too_long(tmp_path):
    vote = Vote(motions=[election(candidates=410, seats=1)])
    vote.cast(1, [[7]])
    names, details = refused_by(vote, tmp_path / "board")
    assert names == ["ballots.shape"]
    assert "262144" in details[0]


def test_one_bad_ballot_among_many_is_named(tmp_path):
    vote = Vote(areas=(100,) * 80)
    for party in range(1, 80):
        vote.cast(party, [[party % 3]])
    value = vote.ballot(80, [[0]])
    vote.post("ballot", {**value, "encrypted_by": "server"})
    names, details = refused_by(vote, tmp_path / "board")
    assert names == ["ballots.signature"]
    assert details == ["party 80, ballot 1"]


def test_a_checkpoint_before_its_entry_or_beyond_the_board(tmp_path):
    for number, (size, time) in enumerate(
        [(2, "2026-03-02T07:50:00Z"), (3, "2026-04-01T00:00:00Z"), (1, "2026-04-01T00:00:00Z")]
    ):
        vote = Vote()
        vote.cast(1, [[0]])
        root = roll.root(vote.suite, vote.lines[:size])
        signed = checkpoint.sign(
            vote.board_secret, session=vote.session, size=size, root=root, time=time
        )
        vote.checkpoints = [checkpoint.make_line(signed)]
        report = verify(vote.export(tmp_path / str(number)))
        assert failed(report) == ["checkpoints"]


def test_checkpoints_of_another_history(tmp_path):
    vote = Vote()
    vote.cast(1, [[0]])
    vote.checkpoint()
    other = Vote()
    other.cast(2, [[0]])
    other.checkpoint()
    vote.checkpoints = other.checkpoints
    assert failed(verify(vote.export(tmp_path / "board"))) == ["checkpoints"]


def test_a_fault_of_the_verifier_is_no_verdict(finished, monkeypatch):
    _, folder = finished

    def broken(*arguments):
        raise ZeroDivisionError

    monkeypatch.setattr("voting.protocol.ballot.verify_many", broken)
    report = verify(folder)
    assert not report.ok
    assert failed(report) == ["ballots.shape"]
    assert "itself failed" in "".join(check.detail for check in report.checks)
    assert "ballots.proofs" in report.not_checked
    assert report.results == []


def test_a_paper_without_its_entry(tmp_path):
    vote = Vote()
    vote.resolution = b"%PDF"
    assert refused_by(vote, tmp_path / "board")[0] == ["resolution"]


def test_results_for_a_person_to_read(finished):
    _, folder = finished
    text = verify(folder).as_text()
    assert "m1 area: for 899.53, against 0.00, abstain 0.00" in text
    assert "not checked origin" in text
