"""Agents, assistance and sales: reads for the pages and the count; never a choice."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core.canonical import parse_canonical
from logbook import selectors as logs
from voting.models import Assistance, Ballot, Party, Proxy, Session, Transfer
from voting.protocol import board
from voting.selectors.board import board_of
from voting.selectors.rulings import excluded_parties


class Helped(NamedTuple):
    """Counted ballots that were signed by one kind of credential; area in 0.01 m²."""

    heads: int
    area: int


def other_principals(party: Party, agent_phone_hash: str) -> int:
    """How many other parties of the session the person with this phone is an agent of."""
    found = Proxy.objects.filter(
        session_id=party.session_id,
        agent_phone_hash=agent_phone_hash,
        state__in=("waiting", "active"),
    )
    return found.exclude(party=party).count()


def agent_of(party: Party) -> Proxy | None:
    """The authority of a party that is in force or waits for the second person."""
    return party.proxies.filter(state__in=("waiting", "active")).defer("content").first()


def proxies_of(session: Session) -> Sequence[Proxy]:
    """Every authority of a session, the newest first, with the rooms."""
    found = session.proxies.select_related("party").prefetch_related("party__units")
    return list(found.defer("content").order_by("-pk"))


def assistances_of(session: Session) -> Sequence[Assistance]:
    """Every assistance of a session, the newest first, with rooms and whether it was used."""
    found = session.assistances.select_related("party", "helped")
    return list(found.prefetch_related("party__units").order_by("-pk"))


def transfers_of(session: Session) -> Sequence[Transfer]:
    """Every sale of a session, the newest first, with the rooms."""
    found = session.transfers.select_related("party").prefetch_related("party__units")
    return list(found.defer("content").order_by("-pk"))


def was_by_agent(party: Party) -> bool:
    """Whether the party's last ballot was cast by its agent."""
    last = Ballot.objects.filter(party=party, number=party.ballots)
    return last.filter(helped__proxy__isnull=False).exists()


def ended_by_owner(proxy: Proxy) -> bool:
    """Whether the owner has voted in person since: that ends an authority."""
    return proxy.party.ballots > 0 and not was_by_agent(proxy.party)


def ballot_of_agent(proxy: Proxy) -> Ballot | None:
    """The last ballot the agent cast."""
    return Ballot.objects.filter(helped__proxy=proxy).order_by("-number").first()


def signed_as(session: Session) -> dict[str, Helped]:
    """Counted ballots by the reason of the credential that signed them, from the board.

    "" for the letter's own key. Computed from the `credential` entries, as the verifier does.
    """
    made: dict[int, list[tuple[int, str]]] = {}
    for line in logs.lines(board_of(session), kinds=[board.CREDENTIAL]):
        entry = parse_canonical(line)
        made.setdefault(entry["body"]["party"], []).append(
            (entry["seq"], entry["body"]["reason"])
        )
    # A sheet of paper is signed by nobody's credential, whatever came before it.
    paper = set(
        board_of(session).entries.filter(kind=board.PAPER).values_list("seq", flat=True)
    )
    out = excluded_parties(session)
    heads: Counter[str] = Counter()
    areas: Counter[str] = Counter()
    rows = session.parties.filter(last_seq__isnull=False)
    for number, seq, area in rows.values_list("number", "last_seq", "area"):
        if number in out:
            continue
        before = [reason for at, reason in made.get(number, ()) if at < (seq or 0)]
        reason = before[-1] if before and seq not in paper else ""
        heads[reason] += 1
        areas[reason] += area
    return {reason: Helped(heads[reason], areas[reason]) for reason in heads}
