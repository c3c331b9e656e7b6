"""Cheap key stretching: what it costs is not under test here."""

import pytest

from voting import keyfiles


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfiles, "COST", 2**14)
