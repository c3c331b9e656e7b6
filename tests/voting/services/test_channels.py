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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.exact import format_area
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
from voting.domain.results import tally_json
from voting.models import PaperBallot
from voting.selectors import result_of
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


def held(areas, matters, answers, on_paper, folder):
    """The tally of a vote held that way, and the verifier's word on it."""
    vote = paper_vote_of(
        even_estate(len(areas), lambda number: areas[number - 1]), matters=matters
    )
    sheets = []
    for number, (chosen, paper) in enumerate(zip(answers, on_paper, strict=True), start=1):
        if chosen is None:
            continue
        if paper:
            register(vote, number)
            sheets.append((number, chosen))
        else:
            vote.cast(number, [None if one is None else [one] for one in chosen])
    close(vote)
    for number, chosen in sheets:
        sheet = PaperBallot.objects.get(session=vote.session, party__number=number)
        enter_twice(sheet, reads(*chosen))
    assert box(vote, len(sheets)).state == "sealed"
    count_session(session_id=vote.session.pk, at=AFTER)
    result = result_of(vote.session)
    assert result.ballots.paper == len(sheets)
    export_board(vote.session, folder, at=AFTER)
    report = verify(folder)
    assert report.ok, report.as_text()
    return tally_json(result)


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
        tallies = [
            held(areas, matters, answers, on_paper, folder / f"board{index}")
            for index, on_paper in enumerate(([True] * len(areas), [False] * len(areas), mixed))
        ]
        by_hand = counted_by_hand(areas, matters, answers, folder)
    assert tallies[0] == tallies[1] == tallies[2] == by_hand
