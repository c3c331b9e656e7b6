"""How many ballots the host encrypted and how many used a replaced credential: everywhere a
result stands, since these are the ballots the host could have made itself."""

import pytest
from django.urls import reverse

from tests.documents.samples import text_of
from tests.factories import CLOSE, FOR, frozen_vote
from voting.services.exporting import export_board
from voting.tasks import sweep_all
from voting.verifier import verify

pytestmark = pytest.mark.django_db


def test_on_the_page_the_resolution_and_in_the_verifiers_report(client, settings, tmp_path):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_vote()
    for number in (1, 2, 3, 4, 5):
        vote.cast(number, [FOR], plain=number > 3)  # in plain: under a replaced credential
    sweep_all(CLOSE)
    vote.session.refresh_from_db()
    page = client.get(reverse("voting:session", args=[vote.session.code])).content.decode()
    assert "<dt>手机上加密 / 服务器代为加密</dt><dd>3 / 2</dd>" in page
    assert "<dt>用 12 位码换过凭证的票</dt><dd>2</dd>" in page
    paper = "".join(text_of(bytes(vote.session.resolution.pdf), tmp_path)).replace(" ", "")
    assert "在业主自己手机上加密的3张，由服务器代为加密的2张" in paper
    assert "用补发的投票凭证（编码）投出的2张" in paper
    export_board(vote.session, tmp_path / "export", at=CLOSE)
    details = {check.name: check.detail for check in verify(tmp_path / "export").checks}
    assert details["ballots.credential"] == "2 ballots with replacement credentials"
    assert details["ballots.proofs"] == "5 ballots, 2 encrypted by the server"
