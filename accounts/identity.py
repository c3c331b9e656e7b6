"""Proof of identity by a government identity provider: an interface, and a double for tests.

No provider is built in: contracts, addresses and keys are a city's own. Never a face of ours.
"""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class Person(NamedTuple):
    """Who the provider says it is; personal data: never logged, never stored here."""

    name: str
    document_number: str

    def __repr__(self) -> str:
        return "Person(***)"


class IdentityProvider(Protocol):
    """What a provider must answer. `title` is shown on the button."""

    title: str

    def start(self, *, state: str, back: str) -> str:
        """Where to send the browser; it comes back to `back` with `state` in the query."""
        ...

    def finish(self, *, query: Mapping[str, str]) -> Person | None:
        """Who came back, asked of the provider itself; None where it does not vouch."""
        ...


class TestIdentityProvider:
    """Vouches for `person` at once."""

    __test__ = False
    title = "政务服务平台（测试）"
    person: ClassVar[Person | None] = None

    def start(self, *, state: str, back: str) -> str:
        return f"{back}?state={state}&ticket=test"

    def finish(self, *, query: Mapping[str, str]) -> Person | None:
        return self.person if query.get("ticket") == "test" else None


def identity_provider() -> IdentityProvider | None:
    """The provider of the settings, or None where there is none."""
    path = settings.IDENTITY_PROVIDER
    if not path:
        return None
    made: IdentityProvider = import_string(path)()
    return made
