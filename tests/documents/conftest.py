"""A signing identity and one signed resolution, made once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from documents.authority import Identity, certificates, development_identity
from documents.resolutions import render_resolution
from documents.signing import sign
from tests.documents import samples


@pytest.fixture(scope="session")
def ca_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority") / "ca"


@pytest.fixture(scope="session")
def identity(ca_dir: Path) -> Identity:
    return development_identity(ca_dir, not_before=datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="session")
def roots(identity: Identity, ca_dir: Path) -> tuple[bytes, ...]:
    return certificates((ca_dir / "ca.pem").read_bytes())


@pytest.fixture(scope="session")
def unsigned() -> bytes:
    facts = samples.resolution(motions=(samples.motion(), samples.election()))
    return render_resolution(facts, attachments={"tally.json": samples.TALLY})


@pytest.fixture(scope="session")
def signed(unsigned: bytes, identity: Identity) -> bytes:
    return sign(unsigned, identity=identity, at=samples.AT, verify_url=samples.URL)
