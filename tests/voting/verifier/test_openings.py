"""Named votes: the counted ballots open to what was cast, and to nothing else."""

import json
from pathlib import Path

import pytest

from core.canonical import NotCanonical, canonical, parse_canonical
from tests.voting.mutations import mutants
from tests.voting.sessions import Vote, election, question
from voting.domain.thresholds import Count
from voting.protocol import openings, tally
from voting.protocol.refusal import Refused
from voting.verifier import verify

VECTORS = Path(__file__).parents[2] / "vectors"
CAST = {1: [[0], [0, 2]], 2: [[2], None], 4: [None, []]}


def named(name="P256-SHA256", **changes):
    """Party 1 votes twice, party 3 is excluded."""
    vote = Vote(
        name,
        areas=(8_952, 12_000, 10_133, 7_000),
        motions=[question("m1"), election("e1", candidates=3, seats=2)],
        **{"opening_policy": "named", **changes},
    )
    vote.cast(1, [[1], [1]])
    vote.cast(3, [[0], [0]])
    for party, choices in CAST.items():
        vote.cast(party, choices)
    vote.close()
    vote.rule(3)
    vote.tally()
    vote.decrypt()
    vote.result()
    return vote


def totals(vote):
    return tally.totals(vote.manifest, vote.sums, vote.shares)


@pytest.mark.parametrize("name", ["P256-SHA256", "SM2-SM3"])
@pytest.mark.parametrize("opening", [(1, 2), (1, 3), (2, 3), (1, 2, 3)])
def test_it_works(name, opening, tmp_path):
    vote = named(name, threshold=2, count=3)
    data = vote.open(*opening)
    lines = data.splitlines()
    found = openings.verify(vote.manifest, vote.counted(), totals(vote), lines)
    assert found == CAST
    vote.resolve()
    vote.checkpoint()
    path = tmp_path / "openings.jsonl"
    path.write_bytes(data)
    folder = vote.export(tmp_path / "board")
    report = verify(folder, openings=path)
    assert report.ok, report.as_text()
    assert report.checks[-1].name == "openings"
    for changed in (b"", data[:-1], data + b"\n", data.replace(b"1", b"2", 1)):
        path.write_bytes(changed)
        report = verify(folder, openings=path)
        assert [check.name for check in report.checks if not check.ok] == ["openings"]


def refused(vote, lines, stated=None):
    with pytest.raises(Refused) as error:
        openings.verify(vote.manifest, vote.counted(), stated or totals(vote), lines)
    return error.value.check == "openings"


def test_every_change_of_a_line():
    vote = named()
    lines = vote.open().splitlines()
    for number, line in enumerate(lines):
        for name, changed in mutants(parse_canonical(line)):
            try:
                written = canonical(changed)
            except NotCanonical:
                continue
            assert refused(vote, [*lines[:number], written, *lines[number + 1 :]]), name


def test_lines_missing_doubled_or_out_of_order():
    vote = named(threshold=2, count=3)
    lines = vote.open().splitlines()
    third = vote.open(3).splitlines()
    for changed in (
        [],
        lines[:3],
        lines[:-1],
        lines[1:],
        lines[::-1],
        [*lines, lines[-1]],
        lines[3:] + lines[:3],
        lines[:3] + lines[:3],
        [*lines[:3], lines[4], lines[3], lines[5]],
        [*lines[:5], third[2]],
        [*lines, *third[:2]],
    ):
        assert refused(vote, changed)


def test_the_sum_must_be_the_result():
    vote = named()
    lines = vote.open().splitlines()
    stated = totals(vote)
    stated[0][0] = Count(stated[0][0].heads, stated[0][0].area + 1)
    assert refused(vote, lines, stated)


def test_shares_of_another_ballot_of_the_same_party():
    """Bound to the digest: a superseded ballot's shares do not pass for the counted one's."""
    vote = named()
    first = vote.counted()[0]._replace(digest="1" * 64)
    forged = list(
        openings.make_lines(
            vote.manifest, [first], trustee=1, secret=vote.trustee_secrets[1], rng=vote.dice
        )
    )
    assert refused(vote, forged + vote.open().splitlines()[1:])


def test_nothing_counts():
    vote = named()
    nothing = [[Count(0, 0)] * 3] * 2
    assert openings.verify(vote.manifest, [], nothing, []) == {}
    with pytest.raises(Refused):
        openings.verify(vote.manifest, [], nothing, [b"{}"])


def test_a_secret_vote_is_not_opened(tmp_path):
    vote = named(opening_policy="secret")
    vote.open()
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "board"))
    assert [check.name for check in report.checks if not check.ok] == ["phases"]


@pytest.mark.parametrize(
    "case", json.loads((VECTORS / "11-openings.json").read_text())["cases"]
)
def test_the_named_board_of_the_vectors(case):
    opened = VECTORS / case["openings"]
    report = verify(VECTORS / case["folder"], root=case["root"], openings=opened)
    assert report.ok
    assert report.results == case["results"]
    assert report.not_checked == ["resolution"]
