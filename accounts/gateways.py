"""Where an SMS leaves the house. The default gateway prints."""

import sys
from typing import ClassVar, Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class SmsGateway(Protocol):
    """Sends one message; raises on failure. `key` makes a repeated call harmless."""

    def send(self, *, phone: str, text: str, key: str) -> None: ...


class ConsoleGateway:
    """Prints the message: for development and the demo, where every phone is invented."""

    def send(self, *, phone: str, text: str, key: str) -> None:
        sys.stderr.write(f"[SMS → {phone}] {text}\n")


class MemoryGateway:
    """Keeps messages in memory, for tests."""

    sent: ClassVar[list[tuple[str, str]]] = []

    def send(self, *, phone: str, text: str, key: str) -> None:
        self.sent.append((phone, text))


def gateway() -> SmsGateway:
    made: SmsGateway = import_string(settings.SMS_GATEWAY)()
    return made
