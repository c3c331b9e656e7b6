"""Agent and owner at once, and more authorities at once than one agent may have."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.factories import ACTOR, AGAINST, FOR, OPEN, frozen_vote
from tests.voting.services.test_races import at_once, holds
from voting.models import Ballot, DeliveryMark, Proxy
from voting.protocol import board
from voting.selectors import was_by_agent
from voting.services.casting import Helper, cast_plain
from voting.services.delivering import mark_delivery
from voting.services.proxies import Stated, grant_proxy, revoke_proxy
from voting.steps import Signer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("erasable")]


def granting(vote: Any, number: int) -> Any:
    stated = Stated(
        "周七", "10000009999", [1], "free", OPEN.date(), vote.session.closes_at.date(), True
    )
    return partial(grant_proxy, party_id=vote.party(number).pk, stated=stated, at=OPEN)


def casting(vote: Any, submission: str, choice: Any, helper: Helper | None = None) -> Any:
    return partial(
        cast_plain,
        session_id=vote.session.pk,
        party_id=vote.party(1).pk,
        submission=submission,
        choices=[choice],
        helper=helper,
        at=OPEN,
    )


def test_the_cap_holds_at_once() -> None:
    vote = frozen_vote()
    got = at_once(*[granting(vote, number) for number in range(1, 7)])
    assert got.count("proxy.invalid") == 3
    assert Proxy.objects.filter(state="active").count() == 3


@pytest.mark.parametrize("revote", [True, False])
def test_whoever_comes_first_the_owner_counts(revote: bool, tmp_path: Any) -> None:
    vote = frozen_vote(revote=revote)
    helper = Helper(board.PROXY, granting(vote, 1)().proxy.pk)
    got = at_once(
        casting(vote, "agent", AGAINST, helper),
        casting(vote, "owner", FOR),
        casting(vote, "agent", AGAINST, helper),
        casting(vote, "owner", FOR),
    )
    assert all(isinstance(one, Ballot) for one in (got[1], got[3]))  # never refused
    assert not was_by_agent(vote.party(1))
    assert vote.party(1).ballots in (1, 2)
    holds(vote.session, tmp_path)


def test_revoked_or_cast_never_both() -> None:
    vote = frozen_vote()
    proxy = granting(vote, 1)().proxy
    revoke = partial(revoke_proxy, proxy_id=proxy.pk, actor=ACTOR, reason="", at=OPEN)
    at_once(casting(vote, "agent", FOR, Helper(board.PROXY, proxy.pk)), revoke)
    revoked = Proxy.objects.get(pk=proxy.pk).state == "revoked"
    assert revoked is (vote.party(1).ballots == 0)


def test_one_mark_of_a_door_pressed_four_times_at_once() -> None:
    vote = frozen_vote()
    press = partial(
        mark_delivery,
        party_id=vote.party(1).pk,
        kind="signed",
        submission="x",
        signer=Signer("user:1", "organiser"),
        at=OPEN,
    )
    assert len({one.pk for one in at_once(*[press] * 4)}) == 1
    assert DeliveryMark.objects.count() == 1
