"""Manifest, roll, board order, checkpoints, receipts and export, one refusal at a time."""

import pytest

from core.canonical import NotCanonical, canonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Setting, Vote, election, question
from voting.protocol import board, checkpoint, export, manifest, receipt, roll
from voting.protocol.refusal import Refused
from voting.protocol.shape import NO_HASH, b64, later, round_down, unb64

SETTING = Setting(
    motions=[
        question("m1", attachments=[{"name": "plan", "sha256": NO_HASH}]),
        election("e1", requires=["m1"]),
    ]
)


def test_manifest_changes_are_refused_or_change_the_hash():
    outcomes = {name: reading(changed) for name, changed in mutants(SETTING.manifest.value)}
    assert list(outcomes.values()).count("manifest") > 200
    for name, outcome in outcomes.items():
        assert outcome in {"manifest", "canonical"} or outcome != SETTING.manifest.hash, name


def reading(value):
    """The hash of a manifest that was read, or what refused it."""
    try:
        return manifest.parse(value).hash
    except Refused as refused:
        return refused.check
    except NotCanonical:
        return "canonical"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "yishi-manifest-2"},
        {"suite": "P384-SHA384"},
        {"session": "short"},
        {"session": "lower-case"},
        {"session": "SEVENTEEN-LETTERS"},
        {"division": "99999900000"},
        {"division": "９９９９９９００００００"},
        {"opens_at": "2026-03-15T10:03:00Z"},
        {"opens_at": "2026-02-30T00:00:00Z"},
        {"opens_at": "2026-03-01 00:05:00Z"},
        {"closes_at": "0999-01-01T00:00:00Z"},
        {"revote": 1},
        {"quorum": {"area": [1, 2], "heads": [2, 3]}},
        {"quorum": {"area": [2, 3], "heads": [2, True]}},
        {"motions": []},
        {"motions": [question("a"), question("a")]},
        {"motions": [question("a", requires=["b"])]},
        {"motions": [question("a", requires=["a"])]},
        {"motions": [question("a"), question("b", requires=["a", "a"])]},
        {"motions": [question("a", matter=0)]},
        {"motions": [question("a", matter=10)]},
        {"motions": [question("a", matter=6)]},
        {"motions": [question("a", approval="2/3")]},
        {"motions": [question("a", options=["for", "against"])]},
        {"motions": [question("a", options=["against", "for", "abstain"])]},
        {"motions": [question("a", min=0)]},
        {"motions": [question("a", max=2)]},
        {"motions": [{**election(candidates=2, seats=2), "max": 3}]},
        {"motions": [{**election(candidates=3, seats=2), "max": 3}]},
        {"motions": [election(election=None)]},
        {"motions": [question(election=election()["election"])]},
        {"motions": [election(alternates=4)]},
        {"motions": [election(ranking="votes")]},
        {"motions": [election(ranking={"by": "heads", "clause": ""})]},
        {"motions": [election(stands={"minimum": 3, "clause": "某条"})]},
        {"motions": [election(stands={"minimum": 0, "clause": "某条"})]},
        {"silence": {"rule": "minority", "clause": "某条", "page": "1"}},
        {"silence": {"rule": "majority", "clause": "", "page": "1"}},
        {"silence": True},
        {"motions": [election(candidates=2, seats=0)]},
        {"motions": [{**election(), "options": ["c1", "c1"]}]},
        {"motions": [{**election(), "min": 1}]},
        {"witnesses_needed": 2},
        {"challenge_hours": 8785},
        {"letters": {"by": "printer", "name": "平台"}},
        {"letters": {"by": "host", "name": ""}},
        {"letters": {"by": "host"}},
        {"letters": "host"},
        {"opening_policy": "public"},
        {"board_key": b64(bytes(31))},
    ],
)
def test_manifest_refuses(changes):
    with pytest.raises(Refused) as refused:
        manifest.parse({**SETTING.manifest.value, **changes})
    assert refused.value.check == "manifest"


def test_roll():
    found = roll.parse(SETTING.manifest, SETTING.roll_lines)
    assert [party.area for party in found] == [8_952, 12_000, 10_133]
    lines = SETTING.roll_lines
    for changed in (
        [],
        lines[:2],
        lines[::-1],
        [*lines, lines[-1]],
        [lines[0], lines[1], lines[2].replace(b"10133", b"10134")],
        [lines[0], lines[1], b" " + lines[2]],
        [lines[0], lines[1], b"x" * 5000],
        [lines[0], lines[1], lines[2].replace(b'"area":10133', b'"area":0')],
    ):
        with pytest.raises(Refused) as refused:
            roll.parse(SETTING.manifest, changed)
        assert refused.value.check == "roll"


def with_roll(lines, **changes):
    value = SETTING.manifest.value
    described = {
        "root": roll.root(SETTING.suite, lines),
        "heads": len(lines),
        "area": 8_952 + 12_000 + 10_133,
    }
    return manifest.parse({**value, "roll": {**described, **changes}})


def test_roll_beside_its_root():
    lines = SETTING.roll_lines
    key = SETTING.keys[1][1]
    twice = [*lines[:2], roll.make_line(3, 10_133, key, NO_HASH)]
    for found, given in (
        (with_roll(twice), twice),
        (with_roll(lines, heads=4), lines),
        (with_roll(lines, area=1), lines),
    ):
        with pytest.raises(Refused) as refused:
            roll.parse(found, given)
        assert refused.value.check == "roll"


def test_roll_commitment():
    one = roll.commitment(SETTING.suite, b"s" * 16, {"units": ["1-101"]})
    assert one != roll.commitment(SETTING.suite, b"t" * 16, {"units": ["1-101"]})
    assert one != roll.commitment(SETTING.suite, b"s" * 16, {"units": ["1-102"]})
    with pytest.raises(ValueError, match="16 bytes"):
        roll.commitment(SETTING.suite, b"short", {})


def test_times():
    assert round_down("2026-03-01T10:19:59Z") == "2026-03-01T10:10:00Z"
    assert later("2026-02-28T23:00:00Z", 2) == "2026-03-01T01:00:00Z"


def test_base64_is_strict():
    assert unb64(b64(b"\xfb\xff")) == b"\xfb\xff"
    for text in ("A", "AB", "AA==", "A+", "A/", "AA A", "AA\n", "é"):
        if text == "AB":  # the unused bits are not zero
            assert b64(b"\0") == "AA"
        with pytest.raises(ValueError, match="base64url"):
            unb64(text)


def test_lines_are_rounded_and_limited():
    line, digest = board.make_line(
        0, "2026-03-01T10:19:59Z", "close", NO_HASH, {}, SETTING.suite
    )
    assert b'"time":"2026-03-01T10:10:00Z"' in line
    assert digest == SETTING.suite.hash(line).hex()
    with pytest.raises(NotCanonical):
        board.make_line(0, "x", "close", NO_HASH, {"a": "x" * 5_000_000}, SETTING.suite)
    with pytest.raises(Refused):
        board.parse_line(line + b"\n")


def follow(*entries, **changes):
    """Send (type, time, body) through the phases."""
    fields = {"challenge_hours": 24, "threshold": 2, "count": 3}
    phases = board.Phases(Setting(**{**fields, **changes}).manifest)
    for seq, (type_, time, body) in enumerate(entries):
        phases.follow(board.Entry(seq, time, type_, body, NO_HASH))
    return phases


EARLY, OPEN, SHUT = "2026-02-28T23:50:00Z", "2026-03-01T00:00:00Z", "2026-03-15T10:00:00Z"
MANIFEST = ("manifest", EARLY, None)
BALLOT = ("ballot", OPEN, None)
CLOSE = ("close", SHUT, None)
NEXT_DAY = "2026-03-16T10:00:00Z"
TALLY = ("tally", NEXT_DAY, None)
RULING = ("ruling", SHUT, {"party": 1, "sha256": NO_HASH, "signers": ["a", "b"]})
RESULT = ("result", NEXT_DAY, None)
RESOLUTION = ("resolution", NEXT_DAY, None)


def decryption(trustee):
    return ("decryption", NEXT_DAY, {"trustee": trustee, "motions": []})


def extend(closes_at, time=OPEN):
    return ("extend", time, {"closes_at": closes_at, "sha256": NO_HASH})


WHOLE = [
    MANIFEST,
    ("credential", EARLY, None),
    BALLOT,
    ("ballot", SHUT, None),
    CLOSE,
    RULING,
    TALLY,
    decryption(3),
    decryption(1),
    RESULT,
    RESOLUTION,
]


def late(party):
    body = {"party": party, "sha256": NO_HASH, "signers": ["a", "b"]}
    return ("late_ruling", NEXT_DAY, body | {"finding": "stands", "motions": []})


@pytest.mark.parametrize(
    "after", [[RESULT, late(2), late(3), RESOLUTION], [RESULT, late(2), RESOLUTION, late(3)]]
)
def test_late_rulings_stand_on_either_side_of_the_resolution(after):
    follow(*WHOLE[:-2], *after)


@pytest.mark.parametrize("length", range(1, len(WHOLE) + 1))
def test_phases_in_order(length):
    follow(*WHOLE[:length])


def test_an_extension_moves_the_close():
    later_ = "2026-03-20T10:00:00Z"
    assert follow(MANIFEST, extend(later_)).closes_at == later_
    follow(MANIFEST, extend(later_), ("ballot", "2026-03-20T09:50:00Z", None))
    with pytest.raises(Refused):
        follow(MANIFEST, extend(later_), CLOSE)


@pytest.mark.parametrize(
    "entries",
    [
        [BALLOT],
        [MANIFEST, MANIFEST],
        [MANIFEST, ("ballot", EARLY, None)],
        [MANIFEST, ("ballot", "2026-03-15T10:10:00Z", None)],
        [MANIFEST, ("credential", "2026-03-15T10:10:00Z", None)],
        [MANIFEST, ("close", "2026-03-15T09:50:00Z", None)],
        [MANIFEST, TALLY],
        [MANIFEST, RULING],
        [MANIFEST, CLOSE, BALLOT],
        [MANIFEST, CLOSE, CLOSE],
        [MANIFEST, CLOSE, extend("2026-04-01T00:00:00Z", SHUT)],
        [MANIFEST, CLOSE, RULING, RULING],
        [MANIFEST, CLOSE, ("ruling", SHUT, {**RULING[2], "party": 4})],
        [MANIFEST, CLOSE, ("ruling", SHUT, {**RULING[2], "signers": ["a", "a"]})],
        [MANIFEST, CLOSE, ("ruling", SHUT, {**RULING[2], "signers": ["a"]})],
        [MANIFEST, CLOSE, ("tally", "2026-03-16T09:50:00Z", None)],
        [MANIFEST, CLOSE, TALLY, RULING],
        [MANIFEST, CLOSE, TALLY, TALLY],
        [MANIFEST, CLOSE, TALLY, RESULT],
        [MANIFEST, CLOSE, TALLY, decryption(1), RESULT],
        [MANIFEST, CLOSE, TALLY, decryption(1), decryption(1)],
        [MANIFEST, CLOSE, TALLY, decryption(4)],
        [MANIFEST, CLOSE, TALLY, decryption(True)],
        [*WHOLE[:-1], decryption(2)],
        [*WHOLE, RESOLUTION],
        [*WHOLE[:-1], late(2), late(2)],
        [*WHOLE[:-1], late(2), RESOLUTION, RESOLUTION],
        [*WHOLE, late(2), RESOLUTION],
        [*WHOLE[:-1], late(1)],
        [*WHOLE[:-2], late(2)],
        [*WHOLE[:-1], RESULT],
        [MANIFEST, extend("2026-03-15T10:03:00Z")],
        [MANIFEST, extend("2026-03-14T10:03:00Z")],
        [MANIFEST, extend("2026-03-20T10:00:00Z"), extend("2026-03-21T10:00:00Z")],
        [MANIFEST, ("extend", OPEN, {"closes_at": "2026-03-20T10:00:00Z"})],
    ],
)
def test_phases_out_of_order(entries):
    with pytest.raises(Refused) as refused:
        follow(*entries)
    assert refused.value.check == "phases"


def test_checkpoints_and_receipts_under_every_change():
    vote = Vote()
    promise = vote.cast(1, [[0]])
    signed = vote.checkpoint(witnessed=True)
    assert checkpoint.verify(vote.manifest, signed).witnesses == vote.manifest.witnesses
    for check, verify, value in (
        ("checkpoints", checkpoint.verify, signed),
        ("receipt", receipt.verify, promise),
    ):
        verify(vote.manifest, value)
        for name, changed in mutants(value):
            if name.startswith("cosignatures") and changed.get("cosignatures") == []:
                continue  # without a witness it is still the board's
            with pytest.raises((Refused, NotCanonical)) as refused:
                verify(vote.manifest, changed)
            assert getattr(refused.value, "check", check) == check, name


def test_cosignatures_of_others_or_twice():
    vote = Vote()
    signed = vote.checkpoint(witnessed=True)
    for secret in (b"x" * 32, vote.witness_secrets[0]):
        with pytest.raises(Refused, match="no witness"):
            checkpoint.verify(vote.manifest, checkpoint.cosign(secret, signed))


def test_a_receipt_of_another_vote():
    vote, other = Vote(), Vote(bundle=NO_HASH)
    with pytest.raises(Refused):
        receipt.verify(other.manifest, vote.cast(1, [[0]]))


@pytest.fixture
def exported(tmp_path):
    vote = Vote()
    vote.cast(1, [[0]])
    vote.checkpoint()
    return vote.export(tmp_path / "export")


def test_export(exported):
    assert export.verify(exported)["session"] == "YS-2026-01"
    with pytest.raises(FileExistsError):
        Vote().export(exported)


def damage_file(folder, name, change):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize("name", ["board.jsonl", "checkpoints.jsonl", "roll.jsonl"])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b"",
        lambda data: data[:50] + bytes([data[50] ^ 1]) + data[51:],
    ],
)
def test_a_changed_file(exported, name, change):
    damage_file(exported, name, change)
    with pytest.raises(Refused) as refused:
        export.verify(exported)
    assert refused.value.check == "files"


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "more.txt").write_text("x"),
        lambda folder: (folder / "roll.jsonl").unlink(),
        lambda folder: (folder / "index.json").unlink(),
        lambda folder: (folder / "roll.jsonl").rename(folder / "roll2.jsonl"),
        lambda folder: (folder / "sub").mkdir(),
        lambda folder: (folder / "link").symlink_to(folder / "roll.jsonl"),
        lambda folder: damage_file(folder, "index.json", lambda data: data[:-1]),
        lambda folder: damage_file(folder, "index.json", lambda data: b" " + data),
        lambda folder: damage_file(folder, "index.json", lambda data: b"[]\n"),
        lambda folder: damage_file(folder, "index.json", lambda data: b"{}\n"),
        lambda folder: damage_file(folder, "index.json", lambda data: b"[" * 100_000 + b"\n"),
        lambda folder: damage_file(
            folder, "index.json", lambda data: data.replace(b'"files":{', b'"files":{"../x":1,')
        ),
    ],
)
def test_a_changed_folder(exported, change):
    change(exported)
    with pytest.raises(Refused) as refused:
        export.verify(exported)
    assert refused.value.check == "files"


def test_no_folder(tmp_path):
    with pytest.raises(Refused):
        export.verify(tmp_path / "nowhere")


def test_a_rewritten_index_with_a_file_too_many(exported):
    (exported / "more.txt").write_text("x")
    index = export.verify  # the index itself is rewritten to name the new file
    data = canonical(
        {
            "format": "yishi-export-1",
            "session": "YS-2026-01",
            "files": {
                path.name: {"size": path.stat().st_size, "sha256": export._sha256(path)}
                for path in exported.iterdir()
                if path.name != "index.json"
            },
        }
    )
    (exported / "index.json").write_bytes(data + b"\n")
    with pytest.raises(Refused, match="added"):
        index(exported)
