"""The resolution as a paper: what it says, how it looks, what it carries."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
import zxingcpp

from documents.papers import Count, Deemed, KeyHolders, Witnesses, fingerprint
from documents.resolutions import render_resolution
from tests.documents import samples


def rendered(**changes: object) -> bytes:
    facts = samples.resolution(**changes)
    return render_resolution(facts, attachments={"tally.json": samples.TALLY})


def words(pdf: bytes, folder: Path) -> str:
    return "".join(samples.text_of(pdf, folder))


@samples.needs_poppler
def test_it_says_who_witnessed(tmp_path: Path) -> None:
    for number, (needed, names, wanted) in enumerate(
        (
            (2, ("东街道",), "未经见证：本次要求至少2家机构见证截止时的公告板"),
            (1, (), "一家也没有"),
            (1, ("东街道", "东区住建局"), "截止时的公告板由东街道、东区住建局见证"),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = words(rendered(witnesses=Witnesses(needed=needed, names=names)), folder)
        assert wanted in text
        assert ("未经见证" in text) is (len(names) < needed)
    assert "见证" not in words(rendered(), tmp_path)


@samples.needs_poppler
def test_what_came_on_paper_and_does_not_count_is_told(tmp_path: Path) -> None:
    ballots = replace(samples.resolution().ballots, spoiled=1, ruled_out=2, excluded=3)
    text = words(rendered(ballots=ballots), tmp_path)
    assert (
        "认定无效、不计入的6张：纸质票整张作废的1张，纸质票经两人决定不计入的2张，"
        "经裁定不计入的3张。"
    ) in text


@samples.needs_poppler
def test_it_says_what_the_law_wants(unsigned: bytes, tmp_path: Path) -> None:
    text = words(unsigned, tmp_path)
    for wanted in (
        "样例花园业主大会决议",
        "样例花园业〔2026〕3号",
        "2026年3月1日",  # notice
        "2026年3月17日8:00至2026年3月27日18:00",  # window, Beijing time
        "共600人，专有部分面积61234.56平方米",
        "450/600",
        "75.00%",
        "300/450",
        "66.66%",  # 2/3 rounded down, never 66.67
        "31000.00/47000.00",
        "过半数",
        "结果：通过",
        "差额：参加表决的再少75人或7500.00平方米，就不足三分之二",
        "由服务器代为加密的20张",
        "用补发的投票凭证（编码）投出的7张",
        "开票密钥由平台一方保管",
        "监票人",
        "小区公告栏",
        "有异议的，请在2026年4月6日以前",
        "一年内",
        "民法典第二百八十条",
        "ab" * 16,
        "不代替印章",
        "演示样本，不具有效力",
    ):
        assert wanted in text, wanted


@samples.needs_poppler
def test_a_vote_of_some_buildings_is_no_resolution_of_the_assembly(tmp_path: Path) -> None:
    text = words(
        rendered(partial_scope=True, scope="1幢、2幢", issuer="1幢、2幢业主"), tmp_path
    )
    assert "样例花园相关业主共同决定" in text
    assert "业主大会决议1" not in text
    assert "只涉及1幢、2幢" in text


@samples.needs_poppler
def test_failing_in_words(tmp_path: Path) -> None:
    rejected = samples.motion(
        approval="3/4",
        matter=8,
        result="rejected",
        failed=("approval.heads",),
        margin="还差38人同意。",
    )
    absent = samples.motion(
        2,
        participating=Count(399, 4_700_000),
        quorum_met=False,
        result="no_quorum",
        failed=("quorum.heads",),
        margin="还差1人参加。",
    )
    text = words(rendered(motions=(rejected, absent)), tmp_path)
    assert "结果：未通过（同意人数不够）" in text
    assert "差额：还差38人同意" in text
    assert "没有达到三分之二以上参与：参与人数不够" in text
    assert "差额：还差1人参加" in text
    assert "自公布之日起生效" not in text
    assert "66.50%" in text  # 399 of 600


@samples.needs_poppler
def test_who_was_deemed_to_vote_stands_apart_and_in_the_sum(tmp_path: Path) -> None:
    """Else the figures would say that a motion passed without a quorum."""
    deemed = samples.motion(
        participating=Count(380, 4_000_000), deemed=Deemed("同意", Count(70, 700_000))
    )
    said = words(rendered(motions=(deemed,)), tmp_path)
    assert "实际参与380/600" in said
    assert "没表态，按规则算同意70/600" in said
    assert "合计参与450/600" in said
    assert "47000.00/61234.56" in said
    (tmp_path / "b").mkdir()
    plain = words(rendered(), tmp_path / "b")
    assert "参与表决450/600" in plain
    assert "实际参与" not in plain


@samples.needs_poppler
def test_what_it_costs_is_said(tmp_path: Path) -> None:
    said = words(rendered(motions=(samples.motion(text="", cost="1,234.50 元"),)), tmp_path)
    assert "预算：1,234.50元。" in said
    (tmp_path / "b").mkdir()
    assert "预算：" not in words(rendered(motions=(samples.motion(text=""),)), tmp_path / "b")


@samples.needs_poppler
@pytest.mark.parametrize("count", range(1, 9))
def test_a_seal_never_stands_on_a_sheet_without_words(count: int, tmp_path: Path) -> None:
    motions = tuple(samples.motion(n + 1) for n in range(count))
    last = samples.text_of(rendered(motions=motions), tmp_path)[-1]
    before = last.partition("本文件带有平台的数字签名")[0]
    assert "监票人（签名）" in last
    assert len(before) > 20


@samples.needs_poppler
def test_an_election_and_shared_keys(tmp_path: Path) -> None:
    keys = KeyHolders(threshold=2, names=("甲某", "乙某", "丙某"), platform=False)
    text = words(rendered(motions=(samples.election(1),), keys=keys), tmp_path)
    assert "䶮某（当选）" in text
    assert "喆某（未过半数）" in text
    assert "当选3人：䶮某、㛃某、𬭎某。" in text
    assert "由甲某、乙某、丙某分别保管，2人到场才能开票" in text


@samples.needs_poppler
def test_every_page_can_be_traced(unsigned: bytes, tmp_path: Path) -> None:
    pages = samples.text_of(unsigned, tmp_path)
    print_ = re.sub(r"\s", "", fingerprint(hashlib.sha256(samples.TALLY).hexdigest()))
    for number, page in enumerate(pages, 1):
        assert f"第{number}页共{len(pages)}页" in page
        assert "样例花园业〔2026〕3号" in page
        assert "7K4M-2QXH-9T3W" in page
        assert print_ in page
    for picture in samples.pictures(unsigned, tmp_path, dpi=120):
        assert [found.text for found in zxingcpp.read_barcodes(picture)] == [samples.URL]


def test_the_data_travels_inside(signed: bytes) -> None:
    reader = pypdf.PdfReader(BytesIO(signed))
    assert reader.attachments == {"tally.json": [samples.TALLY]}
    assert json.loads(reader.attachments["tally.json"][0])["roll"]["heads"] == 600
    catalog = reader.trailer["/Root"]
    assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Data"
    assert catalog["/MarkInfo"]["/Marked"] is True or catalog["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert catalog["/Lang"] == "zh-CN"
    metadata = catalog["/Metadata"].get_object().get_data().decode()
    assert 'part="3"' in metadata
    assert 'conformance="B"' in metadata
    assert reader.metadata is not None
    assert reader.metadata.creation_date == samples.AT
    assert reader.metadata.modification_date == samples.AT
    assert set(re.findall(r"20\d\d-\d\d-\d\dT", metadata)) == {"2026-03-30T"}
    assert "/Version" not in catalog  # PDF/A-3 is PDF 1.7


def test_the_same_bytes_each_time(unsigned: bytes) -> None:
    facts = {"motions": (samples.motion(), samples.election())}
    assert rendered(**facts) == unsigned
    assert rendered(**facts, issued_at=datetime(2026, 4, 1, tzinfo=UTC)) != unsigned


@samples.needs_poppler
def test_all_fonts_are_inside_and_no_glyph_is_missing(unsigned: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.pdf").write_bytes(unsigned)
    command = ["pdffonts", str(tmp_path / "p.pdf")]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = lines.splitlines()[2:]
    assert rows
    for row in rows:
        embedded, subset, unicode_map = re.findall(r"\b(yes|no)\b", row)[:3]
        assert (embedded, subset, unicode_map) == ("yes", "yes", "yes"), row
    text = words(unsigned, tmp_path)
    assert all(character in text for character in samples.RARE)
    assert "�" not in text


@samples.needs_poppler
@pytest.mark.parametrize("count", [1, 4, 8])
def test_nothing_leaves_the_type_area(count: int, tmp_path: Path) -> None:
    """Left 28 mm, right 26 mm; the footer's QR may use the left by 2 mm."""
    big = Count(123_456, 1_234_567_890)
    motions = tuple(
        samples.motion(n + 1, title=samples.LONG, text=samples.LONG * 3, participating=big)
        for n in range(count)
    )
    pdf = rendered(motions=motions, roll=Count(200_000, 2_000_000_000), estate="样例花园" * 5)
    for picture in samples.pictures(pdf, tmp_path, dpi=50):
        ink = picture.point(lambda value: 255 * (value < 128)).getbbox()
        assert ink is not None
        left, _, right, bottom = (pixel / 50 * 25.4 for pixel in ink)
        assert left >= 25.5
        assert right <= 210 - 26 + 0.6
        assert bottom <= 297 - 4


def test_a_paper_fetches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("a paper opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    text = '<img src="https://example.com/x.png"><img src="file:///etc/passwd">'
    pdf = rendered(motions=(samples.motion(text=text, title=text),))
    assert pdf.startswith(b"%PDF")
