"""Boards forged with the server's own keys: only the deep check refuses each."""

import pytest

from tests.voting.sessions import small_vote
from voting.verifier import verify
from voting.verifier.forgeries import FORGED, Keys, write_all

SURFACE = {"files", "canonical", "chain", "checkpoints", "manifest", "roll"}


@pytest.fixture(scope="module", params=["P256-SHA256", "SM2-SM3", "2 of 3"])
def forged(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forged")
    if request.param == "2 of 3":
        vote = small_vote(threshold=2, count=3)
    else:
        vote = small_vote(request.param)
    vote.export(folder / "board")
    keys = Keys(vote.board_secret, vote.trustee_secrets)
    expected = write_all(folder / "board", folder / "forged", keys=keys, rng=vote.dice)
    assert expected == FORGED
    return vote, folder


@pytest.mark.parametrize("kind", FORGED)
def test_refused_by_the_deep_check_alone(forged, kind):
    _, folder = forged
    report = verify(folder / "forged" / kind)
    failed = {check.name for check in report.checks if not check.ok}
    if kind == "dropped_ballot":
        assert report.ok  # consistent in itself: this is why roots and receipts are kept
    else:
        assert failed == {FORGED[kind]}
        assert {check.name for check in report.checks if check.ok} >= SURFACE


@pytest.mark.parametrize("kind", FORGED)
def test_refused_with_a_root_from_before(forged, kind):
    vote, folder = forged
    assert verify(folder / "board", root=vote.root()).ok
    report = verify(folder / "forged" / kind, root=vote.root())
    assert "origin" in {check.name for check in report.checks if not check.ok}
    assert not report.ok


def test_a_dropped_ballot_breaks_its_receipt(tmp_path):
    vote = small_vote()
    # the last ballot that counts is party 5's; its receipt is written as the server would
    seq, value = vote.cast_by[5][-1]
    from core.canonical import canonical
    from voting.protocol import ballot, receipt

    promise = receipt.sign(
        vote.board_secret,
        vote.manifest,
        party=5,
        tracker=ballot.tracker(vote.manifest, value),
        seq=seq,
        encrypted_by="browser",
        recorded_at="2026-03-02T08:00:00Z",
        checkpoint_by="2026-04-01T00:00:00Z",
    )
    path = tmp_path / "receipt.json"
    path.write_bytes(canonical(promise))
    vote.export(tmp_path / "board")
    write_all(
        tmp_path / "board",
        tmp_path / "forged",
        keys=Keys(vote.board_secret, vote.trustee_secrets),
        rng=vote.dice,
    )
    assert verify(tmp_path / "board", receipt=path).ok
    report = verify(tmp_path / "forged" / "dropped_ballot", receipt=path)
    assert [check.name for check in report.checks if not check.ok] == ["receipt"]


def test_only_finished_votes(tmp_path):
    from tests.voting.sessions import Vote

    vote = Vote()
    vote.cast(1, [[0]])
    vote.checkpoint()
    vote.export(tmp_path / "board")
    with pytest.raises(ValueError, match="finished"):
        write_all(
            tmp_path / "board",
            tmp_path / "forged",
            keys=Keys(vote.board_secret, vote.trustee_secrets),
        )
