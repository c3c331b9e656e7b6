"""Cheap key stretching: what it costs is not under test here."""

import pytest

from voting.trustee import files


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "COST", 2**14)
