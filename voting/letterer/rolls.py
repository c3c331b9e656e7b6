"""The letter roll of §15: what the letters say, as JSON and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from documents.papers import LetterFacts, LetterMotion, LetterSession, PrivacyNotice
from voting.protocol.letters import ROLL

_TIMES = ("opens_at", "closes_at")
_SECRETS = ("token", "code")
_FIELDS = ("format", "session", "suite", "maker", "letter", "parties")


class NoRoll(ValueError):
    """Not a letter roll."""


def make(
    session: str, suite: str, maker: str, facts: Mapping[int, LetterFacts]
) -> dict[str, Any]:
    """The roll's value from letters by party (1…N), which have no token and no code."""
    letters = [facts[party] for party in sorted(facts)]
    return {
        "format": ROLL,
        "session": session,
        "suite": suite,
        "maker": maker,
        "letter": _plain(asdict(letters[0].session)),
        "parties": [
            {"party": party, **_own(letter)} for party, letter in enumerate(letters, start=1)
        ],
    }


def letters_of(value: Any, secret: Callable[[int], tuple[str, str]]) -> list[LetterFacts]:
    """The letters, each with the (token, code) of its party. Raises NoRoll."""
    try:
        shared, found = _session(value["letter"]), []
        for party, one in enumerate(parties_of(value), start=1):
            own = _tuples({name: item for name, item in one.items() if name != "party"})
            token, code = secret(party)
            found.append(LetterFacts(session=shared, token=token, code=code, **own))
        return found
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise NoRoll("not what a letter says") from error


def parties_of(value: Any) -> list[dict[str, Any]]:
    """The parties of a roll, in order. Raises NoRoll."""
    if type(value) is not dict or set(value) != set(_FIELDS) or value["format"] != ROLL:
        raise NoRoll("not the fields of a letter roll")
    parties = value["parties"]
    if type(parties) is not list or not parties:
        raise NoRoll("no parties")
    for number, one in enumerate(parties, start=1):
        if type(one) is not dict or one.get("party") != number:
            raise NoRoll(f"party {number} is missing")
    return parties


def _own(letter: LetterFacts) -> dict[str, Any]:
    found = {
        name: getattr(letter, name)
        for name in letter.__dataclass_fields__
        if name not in ("session", *_SECRETS)
    }
    return {name: _plain(item) for name, item in found.items()}


def _session(value: Mapping[str, Any]) -> LetterSession:
    times = {name: datetime.fromisoformat(value[name]) for name in _TIMES}
    motions = tuple(LetterMotion(**_tuples(motion)) for motion in value["motions"])
    privacy = PrivacyNotice(**value["privacy"])
    return LetterSession(**(_tuples(value) | times | {"motions": motions, "privacy": privacy}))


def _plain(item: Any) -> Any:
    if isinstance(item, datetime):
        return item.isoformat()
    if isinstance(item, Mapping):
        return {name: _plain(one) for name, one in item.items()}
    if isinstance(item, Sequence) and not isinstance(item, str):
        return [_plain(one) for one in item]
    return item


def _tuples(value: Mapping[str, Any]) -> dict[str, Any]:
    """As the facts want them: they are hashed."""
    return {name: tuple(x) if isinstance(x, list) else x for name, x in value.items()}
