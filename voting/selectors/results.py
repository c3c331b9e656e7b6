"""The result of a counted session."""

from django.db.models import Count, F, Q, Sum

from voting.domain.results import Ballots, Candidate, Question, SessionResult, session_result
from voting.domain.thresholds import Count as Heads
from voting.domain.thresholds import Majority
from voting.models import (
    Ballot,
    Session,
)
from voting.protocol import board
from voting.selectors.board import body_of
from voting.selectors.elections import candidates_of, is_election
from voting.selectors.papers import balance_of
from voting.selectors.rulings import excluded_parties
from voting.selectors.sessions import terms
from voting.selectors.standins import signed_as


def result_of(session: Session) -> SessionResult:
    """The result of a counted session. ValueError before it is counted."""
    body = body_of(session, "result")
    if body is None:
        raise ValueError("this session is not counted")
    frozen = terms(session)
    motions = list(session.motions.select_related("election"))
    questions = [
        Question(
            key=term.id,
            position=motion.position,
            matter=term.matter,
            title=motion.title,
            text=motion.text,
            required=Majority(term.approval),
            requires=term.requires,
            election=term.election,
            ranking_clause=motion.election.ranking_clause if is_election(motion) else "",
            candidates=tuple(
                Candidate(str(one.place), one.name, one.room)
                for one in (candidates_of(motion) if is_election(motion) else ())
            ),
        )
        for term, motion in zip(frozen.motions, motions, strict=True)
    ]
    out = excluded_parties(session)
    counted = Ballot.objects.filter(session=session, seq=F("party__last_seq")).exclude(
        party__number__in=out
    )
    sums = counted.aggregate(
        counted=Count("pk"),
        by_browser=Count("pk", filter=Q(encrypted_by="browser")),
        # What came on paper was encrypted by the server too.
        by_server=Count("pk", filter=Q(encrypted_by="server", paper__isnull=True)),
        paper=Count("pk", filter=Q(paper__isnull=False)),
        replacement=Count("pk", filter=Q(replacement=True)),
        area=Sum("party__area", default=0),
    )
    area = sums.pop("area")
    by_reason = signed_as(session)
    sheets = balance_of(session)
    return session_result(
        roll=Heads(frozen.roll_heads, frozen.roll_area),
        participating=Heads(sums["counted"], area),
        questions=questions,
        body=body,
        ballots=Ballots(
            **sums,
            excluded=len(out),
            proxies=Heads(*by_reason.get(board.PROXY, (0, 0))),
            assisted=Heads(*by_reason.get(board.ASSISTED, (0, 0))),
            spoiled=sheets.spoiled,
            ruled_out=sheets.ruled_out,
        ),
    )
