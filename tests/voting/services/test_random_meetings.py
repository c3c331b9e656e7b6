"""Random meetings from the opening to the resolution, by every way a vote can come in.

No vote is lost or doubled, denominators stand once they are frozen, every meeting can be
brought to its end, and every figure on its papers follows from the exported board alone.
"""

import hashlib
import os
import re
import tempfile
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from documents import rendering
from documents.models import Document
from tests.elections import frozen_election
from tests.factories import even_estate, make_profile
from tests.voting.meetings import Meeting, Record
from tests.voting.slow_count import results
from voting.domain.thresholds import Count
from voting.models import PreliminaryResult
from voting.selectors import result_of
from voting.services import resolutions
from voting.services.exporting import export_board
from voting.verifier import verify

pytestmark = pytest.mark.django_db

AREAS = (80_00, 100_00, 120_00, 60_50, 100_00, 93_07)
PARTIES = len(AREAS)

numbers = st.integers(1, PARTIES)
marks = st.one_of(
    st.none(),
    st.just([0, 1, 2, 3, 4]),
    st.lists(st.integers(0, 5), max_size=5, unique=True).map(sorted),
)
choices = (
    st.tuples(st.sampled_from([None, [0], [0], [1], [2]]), marks)
    .filter(lambda one: one != (None, None))
    .map(list)
)
WAYS = ["letter", "letter", "plain", "agent", "assist"]
OPEN_STEPS = st.one_of(
    st.tuples(
        st.sampled_from(["letter", "letter", "plain", "agent", "assist"]), numbers, choices
    ),
    st.tuples(st.just("envelope"), numbers, choices),
    st.tuples(st.just("proxy"), numbers, st.integers(0, 1)),
    st.tuples(st.sampled_from(["revoke", "reissue", "sell"]), numbers),
    st.tuples(st.just("object"), numbers, st.just("took_part"), st.just(True)),
)
CLOSED_STEPS = st.one_of(
    st.tuples(st.just("conflict"), numbers, st.booleans()),
    st.tuples(st.just("read"), numbers, st.booleans()),
    st.tuples(st.just("exclude"), numbers),
    st.tuples(
        st.just("object"), numbers, st.sampled_from(["took_part", "other"]), st.booleans()
    ),
    st.tuples(st.just("dispute"), st.integers(0, 2)),
)
LATE_STEPS = st.one_of(
    st.tuples(st.just("exclude"), numbers),
    st.tuples(st.just("object"), numbers, st.sampled_from(["result", "other"]), st.booleans()),
    st.tuples(st.just("dispute"), st.integers(0, 2)),
)
COURSES = st.tuples(
    st.lists(OPEN_STEPS, max_size=24),
    st.lists(CLOSED_STEPS, max_size=8),
    st.lists(LATE_STEPS, max_size=4).map(tuple),
)


class Drawn:
    """Stands where a laid out PDF would; its template was filled as ever."""

    def __init__(self, text):
        self.text = text

    def write_pdf(self, **_options):
        return self.text.encode()


@pytest.fixture
def papers(monkeypatch):
    """What each paper says, without the second that laying it out and signing takes."""
    said = {}

    def document(template, _styles, context, *, tags=False):
        engine = rendering._engine()
        text = engine.get_template(template).render(rendering.Context(context, use_l10n=False))
        said.setdefault(template, []).append(text)
        return Drawn(text)

    def store(*, facts, kind, title, estate, pdf, data):
        return Document.objects.create(
            code=facts.code,
            number=facts.number,
            kind=kind,
            title=title,
            estate=estate,
            pdf=pdf,
            sha256=hashlib.sha256(pdf).hexdigest(),
            facts=data,
            facts_sha256=hashlib.sha256(data).hexdigest(),
            signer="test",
            issued_at=facts.issued_at,
        )

    monkeypatch.setattr(rendering, "_document", document)
    monkeypatch.setattr(resolutions, "store_signed", store)
    return said


@pytest.fixture
def vote():
    make_profile("meeting", challenge_hours=2, prelim_result_post_days=1, proxy_max=2)
    estate = even_estate(PARTIES, lambda number: AREAS[number - 1])
    estate.profile_code = "meeting"
    estate.save()
    return frozen_election(estate, session={"paper": True})


def hold(vote, course, papers):
    """One meeting to its end, and everything looked at."""
    papers.clear()
    opened, closed, late = course
    meeting = Meeting(vote)
    for step in opened:
        meeting.do(step)
    meeting.close()
    for step in closed:
        meeting.do(step)
    meeting.finish(late)
    agrees(meeting, papers)
    return meeting


def agrees(meeting, papers):
    session, counted = meeting.vote.session, meeting.counted
    with tempfile.TemporaryDirectory() as name:
        export_board(session, Path(name) / "board", at=meeting.now)
        report = verify(Path(name) / "board")
        assert report.ok, report.as_text()
        record = Record(Path(name) / "board")
    # The model and the board: the same ballots of the same parties, by the same ways.
    assert {n: one[0] for n, one in record.last.items()} == {
        n: held.channel for n, held in meeting.held.items()
    }
    assert (record.ballots, record.excluded, record.late) == (
        meeting.cast,
        meeting.excluded,
        meeting.late,
    )
    for through in ("proxy", "assisted"):
        mine = [n for n, held in counted.items() if held.through == through]
        assert record.through(through) == (len(mine), sum(AREAS[n - 1] for n in mine))
    # What was opened is what was said: reckoned from the choices, ballot by ballot.
    ballots = [(AREAS[n - 1], held.choices) for n, held in sorted(counted.items())]
    for at, (stated, slow) in enumerate(
        zip(
            record.result["motions"],
            results(record.manifest["motions"], list(AREAS), ballots),
            strict=True,
        )
    ):
        for option, total in enumerate(stated["totals"]):
            sides = [area for area, said in ballots if said[at] and option in said[at]]
            assert total == {"heads": len(sides), "area": sum(sides)}
        assert stated["result"] == slow["result"]
    for outcome, stated in zip(
        result_of(session).motions, record.result["motions"], strict=True
    ):
        assert outcome.result == stated["result"]
    says_the_record(meeting, record, papers)


def says_the_record(meeting, record, papers):
    """Every figure of both papers, cell by cell and sentence by sentence."""
    session = meeting.vote.session
    shown = papers["preliminary.html"][-1]
    issued = papers["resolution.html"][-1]
    assert cells(shown) == record.cells() + record.kinds()
    assert cells(issued) == record.cells()
    kinds = [int(kind.split()[0]) for kind in record.kinds()]
    spoiled, ruled_out, excluded = kinds[7:10]
    invalid = spoiled + ruled_out + excluded
    parts = (
        f"：纸质票整张作废的 {spoiled} 张，纸质票经两人决定不计入的 {ruled_out} 张，"
        f"经裁定不计入的 {excluded} 张"
    )
    area = {each: record.through(each).area for each in ("proxy", "assisted")}
    assert (
        f"计入有效表决票 {kinds[0]} 张：网上 {kinds[1] + kinds[2]} 张，纸质 {kinds[3]} 张。"
        f"网上的票中，在业主自己手机上加密的 {kinds[1]} 张，由服务器代为加密的 {kinds[2]} 张；"
        f"用补发的投票凭证（编码）投出的 {kinds[4]} 张。由受托人投出的 {kinds[5]} 张，"
        f"面积 {area['proxy'] / 100:.2f} 平方米；由他人协助操作的 {kinds[6]} 张，"
        f"面积 {area['assisted'] / 100:.2f} 平方米。"
        f"认定无效、不计入的 {invalid} 张{parts if invalid else ''}。"
    ) in issued
    assert (
        f"共 {record.roll.heads} 人，专有部分面积 {record.roll.area / 100:.2f} 平方米" in issued
    )
    covenant = record.result["motions"][0]
    margin = slow_margin(
        record.roll, Count(**covenant["participating"]), Count(**covenant["totals"][0])
    )
    assert f"差额：{margin}" in shown
    assert f"差额：{margin}" in issued
    late = re.findall(r"排除(\d+)位业主的票", issued)
    assert late == ([str(len(record.late))] if record.late else [])
    objections = session.objections.count()
    assert objections == meeting.filed
    said = f"收到异议{objections}件" if objections else "没有收到异议"
    assert said in issued
    assert PreliminaryResult.objects.filter(session=session).count() == len(
        papers["preliminary.html"]
    )


def least(turned):
    return next(few for few in count() if turned(few))


def slow_margin(roll, took, yes):
    """How little would have turned an ordinary matter, tried one by one."""

    def pair(turned):
        return [least(partial(turned, at)) for at in (0, 1)]

    def words(few, link):
        heads = f"{few[0]}人" if few[0] or link == "或" else ""
        area = f"{few[1] / 100:.2f}平方米" if few[1] or link == "或" else ""
        return link.join(filter(None, (heads, area)))

    if any(3 * took[at] < 2 * roll[at] for at in (0, 1)):
        few = pair(lambda at, more: 3 * (took[at] + more) >= 2 * roll[at])
        return f"还差{words(few, '和')}参加。"
    if any(2 * yes[at] <= took[at] for at in (0, 1)):
        few = pair(lambda at, more: 2 * (yes[at] + more) > took[at])
        return f"还差{words(few, '和')}同意。"
    away = pair(lambda at, less: 3 * (took[at] - less) < 2 * roll[at])
    other = pair(lambda at, less: 2 * (yes[at] - less) <= took[at])
    return (
        f"参加表决的再少{words(away, '或')}，就不足三分之二；"
        f"同意的再少{words(other, '或')}，就不过半数。"
    )


def cells(html):
    return re.findall(r'<td class="n">(.*?)</td>', html)


def run_courses(vote, papers, examples):
    seen = []

    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(COURSES)
    def run(course):
        here = transaction.savepoint()
        secrets = dict(vote.secrets)
        try:
            seen.append(hold(vote, course, papers))
        finally:
            transaction.savepoint_rollback(here)
            vote.secrets.clear()
            vote.secrets.update(secrets)
            vote.session.refresh_from_db()

    run()
    return seen


def test_a_sheet_that_counts_was_cast_with_nobodys_help(vote, papers):
    """Found by chance: an assisted ballot, then a sheet of the same household that counts."""
    sheets = [("envelope", 1, [[0], [0, 1, 2, 3, 4]]), ("envelope", 6, [[2], [3]])]
    while_open = [*sheets, ("assist", 1, [[0], None]), ("plain", 3, [[0], [0, 1]])]
    hold(vote, (while_open, [("conflict", 1, True)], ()), papers)


def test_any_meeting_comes_to_its_end_and_every_figure_follows_from_the_board(vote, papers):
    run_courses(vote, papers, 40)


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("YISHI_SOAK"), reason="long: make soak")
def test_many_meetings(vote, papers):
    seen = run_courses(vote, papers, 400)
    # All together they did everything a meeting can.
    done = {step for meeting in seen for step in meeting.done}
    assert done >= {
        *("letter", "plain", "agent", "assist", "envelope", "proxy", "revoke", "reissue"),
        *("sell", "object", "conflict", "read", "exclude", "dispute"),
    }


def test_a_meeting_in_which_everything_happens(vote, papers):
    """The machine reaches what it checks: each step succeeds at least once."""
    all_of_it = [[0], [0, 1, 2, 3, 4]]
    other = [[1], [0, 5]]
    opened = [
        ("letter", 1, other),
        ("letter", 1, all_of_it),  # changed
        ("letter", 2, all_of_it),
        ("envelope", 2, other),  # and on paper: a conflict
        ("proxy", 3, 0),
        ("agent", 3, other),
        ("plain", 3, all_of_it),  # the owner in person
        ("agent", 3, other),  # refused
        ("proxy", 4, 0),
        ("agent", 4, all_of_it),
        ("proxy", 5, 1),
        ("revoke", 5),
        ("agent", 5, other),  # refused
        ("sell", 5),
        ("letter", 5, other),  # refused: the seller's letter
        ("reissue", 5),
        ("letter", 5, all_of_it),
        ("assist", 6, all_of_it),
        ("object", 1, "took_part", True),
    ]
    closed = [
        ("conflict", 2, True),
        ("read", 2, False),
        ("exclude", 6),
        ("object", 4, "took_part", False),
        ("dispute", 0),
    ]
    late = (("exclude", 3), ("object", 4, "result", False), ("dispute", 0))
    meeting = hold(vote, (opened, closed, late), papers)
    assert meeting.done == {
        **{"letter": 4, "envelope": 1, "proxy": 3, "agent": 2, "plain": 1, "revoke": 1},
        **{"sell": 1, "reissue": 1, "assist": 1, "object": 3, "conflict": 1, "read": 1},
        **{"exclude": 2, "dispute": 2},
    }
    assert {n: (held.channel, held.through) for n, held in meeting.held.items()} == {
        1: ("browser", ""),
        2: ("paper", ""),
        3: ("server", ""),
        4: ("server", "proxy"),
        5: ("browser", ""),
        6: ("server", "assisted"),
    }
    assert (meeting.excluded, meeting.late, meeting.cast) == ({6}, {3}, 9)
