"""The notice for the wall: rendered once, never twice, never lost, and all of D1 on it."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.keys import trust_roots
from documents.models import Document
from documents.selectors import record_for
from documents.verification import check
from registry.models import Authority, Estate
from registry.services.places import set_authority_phone
from tests.documents import samples
from tests.factories import CLOSE, FREEZE, OPEN, draft_session, frozen_vote, small_estate
from voting import tasks
from voting.services.notices import issue_notice

from .test_kills import run
from .test_races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signer(settings: Any, tmp_path: Path) -> None:
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def words(pdf: bytes, tmp_path: Path) -> str:
    file = tmp_path / "notice.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdftotext", file, "-"], capture_output=True, check=True)
    return "".join(done.stdout.decode().split())


class TestNotice:
    def test_says_all_that_a_notice_has_to_say(self, tmp_path: Path) -> None:
        vote = frozen_vote(matters=(5, 8), paper=True)
        document = issue_notice(session_id=vote.session.pk, at=FREEZE)
        text = words(bytes(document.pdf), tmp_path)
        for said in (
            "关于召开样例花园2026年第一次业主大会会议的公告",
            "6人",  # heads
            "900.00平方米",
            "2026年3月17日8:00至2026年3月27日8:00",  # OPEN and CLOSE in Shanghai
            "民法典第二百七十八条第一款第（五）项",
            "同意的人数和面积都过半数",
            "第（八）项",
            "四分之三以上",
            "物业服务中心门口票箱",
            "0000-0000000",
            "截止以前可以改票",
            "网上和纸质都投的",
            "没有投票的，不算参加",
            "一名受托人最多接受3名业主委托",
            "（依据：测试条款）",
            "监票人",
            "样例街道办事处",
            "提出异议",
            "张贴时间",
            "取下时间",
            "2026年3月27日8:00以前不得取下",
        ):
            assert said in text, said
        data = json.loads(bytes(document.facts))
        assert [motion["position"] for motion in data["motions"]] == [1, 2]
        verdict = check(
            bytes(document.pdf), trust_roots=trust_roots(), record=record_for(document.pdf)
        )
        assert verdict.status == "genuine"

    def test_names_the_street_office_and_its_phone(self, tmp_path: Path) -> None:
        vote = frozen_vote()
        estate = vote.session.estate
        street = estate.authority
        committee = Authority.objects.create(
            name="样例社区居委会",
            kind="residents_committee",
            parent=street,
            valid_from=FREEZE.date(),
        )
        Estate.objects.filter(pk=estate.pk).update(authority=committee)
        set_authority_phone(
            authority_id=street.pk, phone="0000-1111111", actor="user:1", at=FREEZE
        )
        document = issue_notice(session_id=vote.session.pk, at=FREEZE)
        text = words(bytes(document.pdf), tmp_path)
        # A residents' committee helps; it is the street office that supervises.
        assert "指导和监督样例街道办事处（电话0000-1111111）" in text
        assert "反映" in text
        assert "居委会" not in text

    def test_every_page_carries_number_code_and_fingerprint(self, tmp_path: Path) -> None:
        vote = frozen_vote(matters=(5, 6, 7, 8, 9, 1, 2))
        document = issue_notice(session_id=vote.session.pk, at=FREEZE)
        text = words(bytes(document.pdf), tmp_path)
        pages = text.count("平台数字签名（防篡改）")
        assert pages > 1
        assert text.count(f"第1页共{pages}页") == text.count(f"第{pages}页共{pages}页") == 1
        assert text.count(document.number) >= pages
        fingerprint = document.facts_sha256[:8].upper()
        assert text.count(f"附带数据指纹{fingerprint}") == pages

    @samples.needs_poppler
    def test_black_on_white_a3_and_the_codes_can_be_read(self, tmp_path: Path) -> None:
        import zxingcpp

        vote = frozen_vote()
        document = issue_notice(session_id=vote.session.pk, at=FREEZE)
        (tmp_path / "a.pdf").write_bytes(bytes(document.pdf))
        subprocess.run(
            ["pdftoppm", "-r", "60", "-png", tmp_path / "a.pdf", tmp_path / "a"], check=True
        )
        page = Image.open(sorted(tmp_path.glob("a-*.png"))[0])
        assert (round(page.width / 60 * 25.4), round(page.height / 60 * 25.4)) == (297, 420)
        red, green, blue = page.convert("RGB").split()
        for one, other in ((red, green), (green, blue)):
            assert ImageChops.difference(one, other).getextrema()[1] <= 8
        found = {
            code.text
            for picture in sorted(tmp_path.glob("a-*.png"))
            for code in zxingcpp.read_barcodes(Image.open(picture))
        }
        assert any(text.endswith(f"/v/{document.code}") for text in found)
        assert any(text.endswith(f"/s/{vote.session.code}/") for text in found)

    def test_a_rehearsal_says_so_on_its_notice_and_has_numbers_of_its_own(
        self, tmp_path: Path
    ) -> None:
        vote = frozen_vote(rehearsal=True)
        document = issue_notice(session_id=vote.session.pk, at=FREEZE)
        assert "演练〔2026〕1号" in document.number
        assert "演练样本，不具有效力" in words(bytes(document.pdf), tmp_path)

    def test_rendered_once_and_the_same_bytes_for_ever(self) -> None:
        vote = frozen_vote()
        assert tasks.notify_due(FREEZE) == 1
        first = Document.objects.get()
        assert tasks.notify_due(FREEZE + timedelta(days=1)) == 0
        again = issue_notice(session_id=vote.session.pk, at=OPEN)
        assert bytes(again.pdf) == bytes(first.pdf)
        assert Document.objects.count() == 1

    def test_neither_a_draft_nor_a_vote_that_is_over_gets_one(self) -> None:
        with pytest.raises(RuleViolation) as refused:
            issue_notice(session_id=draft_session(small_estate()).pk, at=FREEZE)
        assert refused.value.code == "notice.not_announced"
        frozen_vote()
        assert tasks.notify_due(CLOSE) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("erasable")
@pytest.mark.parametrize(
    "strike",
    [
        ["voting.services.notices", "render_notice", "after"],
        ["voting.services.notices", "store_signed", "after"],
        ["voting.tasks", "issue_notice", "after"],
    ],
)
def test_killed_between_rendering_and_storing_it_comes_once(strike: list[str]) -> None:
    vote = frozen_vote()
    run("voting.tasks.notify_due", strike=strike, at=FREEZE)
    stored = Document.objects.count()
    assert stored == (1 if strike[1] == "issue_notice" else 0)
    assert tasks.notify_due(FREEZE) == 1 - stored
    vote.session.refresh_from_db()
    assert vote.session.notice == Document.objects.get()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_issue_one() -> None:
    vote = frozen_vote()
    got = at_once(lambda: tasks.notify_due(FREEZE), lambda: tasks.notify_due(FREEZE))
    assert all(isinstance(each, int) for each in got), got
    vote.session.refresh_from_db()
    assert vote.session.notice == Document.objects.get()
