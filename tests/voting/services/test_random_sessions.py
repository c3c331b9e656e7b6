"""Random sessions through cast, close, count, export and verify.

The oracle adds up the choices in plain: nothing of the protocol, nothing of our tally.
"""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import CLOSE, even_estate, frozen_vote
from voting.selectors import result_of, took_part
from voting.selectors.opened import Choice, opened_choices, opened_lines
from voting.services.exporting import export_board
from voting.services.openings import open_ballots
from voting.verifier.verification import verify

pytestmark = pytest.mark.django_db

NAMES = ("for", "against", "abstain")
answers = st.one_of(st.none(), st.sampled_from([[0], [1], [2]]))


@st.composite
def stories(draw):
    """Areas of the parties, matters of the motions, and who casts what and how, in order."""
    areas = draw(st.lists(st.integers(1, 500_00), min_size=1, max_size=6))
    matters = draw(st.lists(st.integers(1, 9), min_size=1, max_size=3))
    choices = st.lists(answers, min_size=len(matters), max_size=len(matters)).filter(any)
    casting = st.tuples(st.integers(1, len(areas)), choices, st.booleans())
    policy = draw(st.sampled_from(["secret", "named"]))
    return areas, matters, draw(st.lists(casting, max_size=8)), policy


def direct_count(areas, matters, casts):
    """Per motion ([for, against, abstain] heads, the same in area, verdict): brute force."""
    last = {number: choices for number, choices, _plain in casts}
    whole = (len(areas), sum(areas))
    for index, matter in enumerate(matters):
        counts = [[0, 0, 0], [0, 0, 0]]
        for number, choices in last.items():
            if choices[index] is not None:
                counts[0][choices[index][0]] += 1
                counts[1][choices[index][0]] += areas[number - 1]
        took = [sum(side) for side in counts]
        if any(3 * part < 2 * all_ for part, all_ in zip(took, whole, strict=True)):
            verdict = "no_quorum"
        elif matter in (6, 7, 8):
            enough = all(4 * side[0] >= 3 * sum(side) for side in counts)
            verdict = "passed" if enough else "rejected"
        else:
            enough = all(2 * side[0] > sum(side) for side in counts)
            verdict = "passed" if enough else "rejected"
        yield counts, verdict


def opened_as_cast(vote, casts, file):
    """Opens the ballots: each is the party's last one, and nobody else has any."""
    open_ballots(session_id=vote.session.pk, at=CLOSE)
    last = {number: choices for number, choices, _plain in casts}
    for party in vote.session.parties.all():
        opened = opened_choices(party)
        chosen = last.get(party.number)
        assert opened == (
            chosen
            and [
                Choice(motion, None if one is None else tuple(NAMES[at] for at in one))
                for motion, one in zip(vote.session.motions.all(), chosen, strict=True)
            ]
        )
    file.write_bytes(b"".join(line + b"\n" for line in opened_lines(vote.session)))


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(stories())
def test_the_tally_is_the_direct_count_and_the_verifier_accepts(story):
    areas, matters, casts, policy = story
    vote = frozen_vote(
        even_estate(len(areas), lambda number: areas[number - 1]),
        matters=matters,
        opening_policy=policy,
    )
    by_code = set()  # whose letter key is void: they go on by the code
    for number, choices, plain in casts:
        vote.cast(number, choices, plain=plain or number in by_code)
        if plain:
            by_code.add(number)
    assert {party.number for party in took_part(vote.session)} == {one[0] for one in casts}
    vote.count()
    result = result_of(vote.session)
    for motion, (counts, verdict) in zip(
        result.motions, direct_count(areas, matters, casts), strict=True
    ):
        totals = (motion.votes_for, motion.against, motion.abstain)
        assert [total.heads for total in totals] == counts[0]
        assert [total.area for total in totals] == counts[1]
        assert motion.result == verdict
    file = None
    with tempfile.TemporaryDirectory() as folder:
        if policy == "named":
            file = Path(folder) / "openings.jsonl"
            opened_as_cast(vote, casts, file)
        export_board(vote.session, Path(folder) / "export", at=CLOSE)
        report = verify(Path(folder) / "export", openings=file)
    assert report.ok, report.as_text()
    shown = report.as_json()["results"]
    assert [one["heads"]["for"] for one in shown] == [
        motion.votes_for.heads for motion in result.motions
    ]
