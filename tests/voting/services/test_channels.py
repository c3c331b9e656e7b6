"""The same choices online, on paper, or some so and some so: one count, whoever reckons it.

The oracle is `manage.py count`, which knows neither ciphertexts nor the database.
"""

import csv
import json
import tempfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.exact import format_area
from tests.elections import HEADS_RULE, frozen_election
from tests.factories import even_estate
from tests.voting.services.papers import (
    AFTER,
    box,
    close,
    enter_twice,
    paper_vote_of,
    reads,
    register,
)
from tests.voting.slow_count import results
from voting.domain.results import tally_json
from voting.models import PaperBallot
from voting.selectors import result_of, terms
from voting.services.counting import count_session
from voting.services.exporting import export_board
from voting.verifier import verify

pytestmark = pytest.mark.django_db
WORDS = ("同意", "反对", "弃权")


@st.composite
def votes(draw):
    """Areas, matters, and per party its answers (None: silent) and whether on paper."""
    areas = draw(st.lists(st.integers(1, 500_00), min_size=1, max_size=5))
    matters = draw(st.lists(st.integers(1, 9), min_size=1, max_size=2))
    answer = st.sampled_from([None, 0, 1, 2])
    given_ = st.lists(answer, min_size=len(matters), max_size=len(matters))
    sheets = st.one_of(st.none(), given_.filter(lambda one: any(a is not None for a in one)))
    many = {"min_size": len(areas), "max_size": len(areas)}
    return (
        areas,
        matters,
        draw(st.lists(sheets, **many)),
        draw(st.lists(st.booleans(), **many)),
    )


def held(vote, answers, on_paper, folder):
    """The tally of a vote held that way, and the verifier's word on it.

    `answers`: per party None, or per motion the chosen options or None.
    """
    sheets = []
    for number, (chosen, paper) in enumerate(zip(answers, on_paper, strict=True), start=1):
        if chosen is None:
            continue
        if paper:
            register(vote, number)
            sheets.append((number, chosen))
        else:
            vote.cast(number, chosen)
    close(vote)
    for number, chosen in sheets:
        sheet = PaperBallot.objects.get(session=vote.session, party__number=number)
        marks = [None if one is None else tuple(one) for one in chosen]
        enter_twice(sheet, reads(*marks))
    assert box(vote, len(sheets)).state == "sealed"
    count_session(session_id=vote.session.pk, at=AFTER)
    result = result_of(vote.session)
    assert result.ballots.paper == len(sheets)
    export_board(vote.session, folder, at=AFTER)
    report = verify(folder)
    assert report.ok, report.as_text()
    return tally_json(result)


def three_ways(make_vote, answers, mixed, folder):
    """The tallies of the same choices on paper only, online only, and some so and some so."""
    ways = ([True] * len(answers), [False] * len(answers), mixed)
    return [
        held(make_vote(), answers, on_paper, folder / f"board{index}")
        for index, on_paper in enumerate(ways)
    ]


def counted_by_hand(areas, matters, answers, folder):
    rows = {
        "roll": [("房号", "建筑面积", "业主姓名", "证件号码", "状态")]
        + [
            (f"1-{n}01", format_area(area), "业主", f"B{n}", "已交付")
            for n, area in enumerate(areas, 1)
        ],
        "motions": [("事项", "类别", "标题")]
        + [(str(n), str(matter), f"第{n}项") for n, matter in enumerate(matters, 1)],
        "ballots": [("房号", "事项", "意见")]
        + [
            (f"1-{number}01", str(motion), WORDS[answer])
            for number, chosen in enumerate(answers, 1)
            if chosen is not None
            for motion, answer in enumerate(chosen, 1)
            if answer is not None
        ],
    }
    for name, lines in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(lines)
    out = StringIO()
    given_ = {name: str(folder / f"{name}.csv") for name in rows}
    with pytest.raises(SystemExit) as ended:
        call_command("count", **given_, json=True, stdout=out)
    assert ended.value.code == 0
    return json.loads(out.getvalue())


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(votes())
def test_paper_only_online_only_and_mixed_are_one_count(vote):
    areas, matters, answers, mixed = vote
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tallies = three_ways(
            lambda: paper_vote_of(
                even_estate(len(areas), lambda number: areas[number - 1]), matters=matters
            ),
            [one and [None if a is None else [a] for a in one] for one in answers],
            mixed,
            folder,
        )
        by_hand = counted_by_hand(areas, matters, answers, folder)
    assert tallies[0] == tallies[1] == tallies[2] == by_hand


# --- an election ---------------------------------------------------------------------------


@st.composite
def elections(draw):
    """Areas, the election's terms, per party a word on the covenant and its marks."""
    areas = draw(st.lists(st.sampled_from([80_00, 100_00, 120_00]), min_size=6, max_size=7))
    ranking = draw(st.sampled_from(["", "heads", "area_then_heads"]))
    terms_ = {
        "candidates": draw(st.integers(5, 6)),
        "alternates": draw(st.integers(0, 1))
        if ranking
        else 0,  # without a rule there are none
        "ranking": ranking,
        "needs": draw(st.sampled_from([[], [1]])),
    }
    # Often the first five: close votes and ties are what a lost mark would show in. None of
    # the candidates ([]) is taking part, unlike a motion left blank.
    names = st.integers(0, terms_["candidates"] - 1)
    marks = st.one_of(
        st.just([0, 1, 2, 3, 4]),
        st.lists(names, max_size=5, unique=True).map(sorted),
        st.none(),
    )
    covenant = st.sampled_from([[0], [0], [1], [2], None])
    sheet = st.tuples(covenant, marks).filter(lambda one: one != (None, None))
    answers = draw(
        st.lists(st.one_of(st.none(), sheet), min_size=len(areas), max_size=len(areas))
    )
    mixed = draw(st.lists(st.booleans(), min_size=len(areas), max_size=len(areas)))
    return areas, terms_, [one and list(one) for one in answers], mixed


def election_of(areas, terms_):
    cited = HEADS_RULE if terms_["ranking"] else ""
    return frozen_election(
        even_estate(len(areas), lambda number: areas[number - 1]),
        session={"paper": True},
        ranking_clause=cited,
        **terms_,
    )


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(elections())
@example(
    (  # six households, all candidates over one half, no rule: nobody is chosen among them
        [100_00] * 6,
        {"candidates": 6, "alternates": 0, "ranking": "", "needs": [1]},
        [[[0], [place for place in range(6) if place != out]] for out in range(6)],
        [True, False, True, False, True, False],
    )
)
def test_an_election_by_either_channel_or_both_is_one_count(election):
    areas, terms_, answers, mixed = election
    with tempfile.TemporaryDirectory() as name:
        votes = []

        def make():
            votes.append(election_of(areas, terms_))
            return votes[-1]

        tallies = three_ways(make, answers, mixed, Path(name))
    assert tallies[0] == tallies[1] == tallies[2]
    # The slow counter knows single ballots and fractions, nothing of ours.
    manifest = terms(votes[0].session).value
    ballots = [(areas[at], one) for at, one in enumerate(answers) if one is not None]
    for motion, slow in zip(
        tallies[0]["motions"], results(manifest["motions"], areas, ballots), strict=True
    ):
        assert motion["result"] == slow["result"]
    for vote in votes:
        (shown,) = [one for one in result_of(vote.session).motions if one.standings]
        found = {(one.candidate.option, one.state) for one in shown.standings}
        for state in ("elected", "undecided"):
            assert {option for option, found_ in found if found_ == state} == set(slow[state])
