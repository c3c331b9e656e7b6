"""Letters: one sheet each, in the order of delivery, and nobody else reads them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from PIL import Image

from core.errors import RuleViolation
from documents import letters as letters_module
from documents.letters import LettersFile, clear_leftovers, delivery_order, render_letters
from documents.papers import masked, masked_names
from tests.documents import samples

MM = 72 / 25.4


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, LettersFile, list[object]]:
    """90 letters of three entrances, in batches that cut through them."""
    path = tmp_path_factory.mktemp("letters") / "letters.pdf"
    steps: list[object] = []
    written = render_letters(
        samples.letters(90), path, progress=lambda *step: steps.append(step), batch=35
    )
    return path, written, steps


def test_it_works(printed: tuple[Path, LettersFile, list[object]]) -> None:
    path, written, steps = printed
    assert written.letters == 90
    # 90 sheets; 3 separators, blank backs; 2 sign-off pages for 40 and 40, 1 + blank for 10
    assert written.pages == 90 * 2 + 3 * 2 + 3 * 2
    assert len(pypdf.PdfReader(path).pages) == written.pages
    assert (written.first_serial, written.last_serial) == ("B-000001", "B-000090")
    assert written.size == path.stat().st_size
    assert steps[0] == (0, 90)
    assert steps[-1] == (90, 90)
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)  # type: ignore[misc]


def test_only_we_can_read_the_file(printed: tuple[Path, LettersFile, list[object]]) -> None:
    path, _, _ = printed
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["letters.pdf"]


@samples.needs_poppler
def test_order_and_fronts(
    printed: tuple[Path, LettersFile, list[object]], tmp_path: Path
) -> None:
    path, _, _ = printed
    pages = samples.text_of(path, tmp_path)
    fronts = [n for n, page in enumerate(pages) if "业主收" in page]
    assert all(n % 2 == 0 for n in fronts)  # printed on both sides
    assert all("委托书" in pages[n + 1] for n in fronts)
    wanted = sorted(samples.letters(90), key=delivery_order)
    assert [letter.serial in pages[n] for letter, n in zip(wanted, fronts, strict=True)] == [
        True
    ] * 90
    first = fronts[0]
    assert "1幢1单元" in pages[first - 4]
    assert "40封通知书" in pages[first - 4]
    assert "签收表" in pages[first - 2]


@samples.needs_poppler
def test_codes_lead_to_their_letters(
    printed: tuple[Path, LettersFile, list[object]], tmp_path: Path
) -> None:
    path, _, _ = printed
    wanted = {letter.serial: letter for letter in samples.letters(90)}
    pages = samples.text_of(path, tmp_path)
    fronts = [n + 1 for n, page in enumerate(pages) if "业主收" in page]
    for page in fronts[:: len(fronts) // 5]:
        (picture,) = samples.pictures(path, tmp_path, dpi=120, first=page, last=page)
        found = {each.text: each.position for each in zxingcpp.read_barcodes(picture)}
        (serial,) = [text for text in found if text in wanted]
        letter = wanted[serial]
        assert set(found) == {serial, letter.vote_url}
        text = pages[page - 1]
        assert letter.address in text
        assert letter.masked_name in text
        assert letter.token not in text  # only in the code
        place = found[letter.vote_url]
        side = (place.top_right.x - place.top_left.x) / 120 * 25.4
        assert side >= 35  # millimetres without quiet zone
        assert 99 < place.top_left.y / 120 * 25.4 < 198 - side  # the middle third
        assert found[serial].top_left.y / 120 * 25.4 > 198  # on the ballot


@samples.needs_poppler
def test_what_a_letter_says(
    printed: tuple[Path, LettersFile, list[object]], tmp_path: Path
) -> None:
    path, _, _ = printed
    pages = samples.text_of(path, tmp_path)
    front, back = next((a, b) for a, b in pairwise(pages) if "业主收" in a)
    for wanted in (
        "截止：3月27日（星期五）18:00",
        "3月17日（星期二）8:00开始",
        "0000-0000000",
        "纸质表决票",
        "同意",
        "沿此线撕下",
        "第一项1,234.56元",
        "计票人会看到您的意见",
        "组织者：样例花园业主委员会",
        "指导和监督：样例街道办事处",
    ):
        assert wanted in front, wanted
    for wanted in (
        "委托书",
        "权限",  # the four elements of Civil Code 165, with agent and signature
        "委托事项",
        "期限",
        "受托人",
        "签名或盖章",
        "个人信息告知",
        "保存期限：至决定公布后5年",
        "平台电话0000-0000000",
        "复制、更正、补充、删除",
        "不收费",
        "记名表决",
    ):
        assert wanted in back, wanted


@samples.needs_poppler
@pytest.mark.parametrize(("count", "title"), [(1, "更换电梯"), (8, samples.LONG)])
def test_one_sheet_that_folds(count: int, title: str, tmp_path: Path) -> None:
    session = samples.letter_session(count, title=title)
    (letter,) = samples.letters(1, session)
    letter = replace(
        letter,
        address="样例花园（北区）12幢1单元地下一层储藏间B-1203号",
        units=tuple(f"12幢1单元{n}01室地下储藏间" for n in range(1, 9)),
        masked_name=masked_names(["䶮某", "㛃某", "𬭎某", "喆某"]),
        shares_fen=(123_456_789,) * count,
        reissue=2,
    )
    out = tmp_path / "letter.pdf"
    assert render_letters([letter], out).pages == 2
    front, back = samples.pictures(out, tmp_path, dpi=100)
    # Nothing is printed across the folds but the marks and the line to cut along.
    for fold in (99, 198):
        row = round(fold / 25.4 * 100)
        band = front.crop((100, row - 8, front.width, row - 3))
        assert band.getextrema()[0] > 128, fold
    for picture in (front, back):
        ink = picture.point(lambda value: 255 * (value < 128)).getbbox()
        assert ink is not None
        assert ink[3] / 100 * 25.4 < 297 - 5
        assert ink[2] / 100 * 25.4 <= 210
    # The window shows the address and nothing of the code.
    (found,) = [each for each in zxingcpp.read_barcodes(front) if "#" in each.text]
    assert found.position.top_left.y / 100 * 25.4 > 99


@samples.needs_poppler
def test_where_no_paper_is_taken_there_is_no_ballot_to_fill(tmp_path: Path) -> None:
    session = samples.letter_session(2, ballot_boxes="")
    out = tmp_path / "letter.pdf"
    (letter,) = samples.letters(1, session)
    assert render_letters([letter], out).pages == 2
    front, back = samples.text_of(out, tmp_path)
    assert "不收纸质票" in front
    assert "更换电梯（2）" in front
    assert "0000-0000000" in front
    for missing in ("纸质表决票", "票号", "沿此线撕下", "□同意"):
        assert missing not in front, missing
    assert "正面表决票" not in back
    assert "只能按我写明的意见提交" in back
    (picture,) = samples.pictures(out, tmp_path, first=1, last=1)
    assert [each.text for each in zxingcpp.read_barcodes(picture)] == [letter.vote_url]


@samples.needs_poppler
def test_an_election_has_a_box_for_nobody_as_the_page_has(tmp_path: Path) -> None:
    session = samples.letter_session(1)
    names = tuple(f"{n}. {character}某" for n, character in enumerate(samples.RARE, start=1))
    vote = replace(session.motions[0], seats=1, options=names)
    out = tmp_path / "letter.pdf"
    render_letters(samples.letters(1, replace(session, motions=(vote,))), out)
    front, _back = samples.text_of(out, tmp_path)
    assert "□4.喆某" in front
    assert "□一个也不选（算参加，谁也不同意）" in front
    assert "最多选1人" in front


@samples.needs_poppler
def test_a_rehearsal_is_marked_across_letter_and_ballot_and_still_scans(tmp_path: Path) -> None:
    real, specimen = tmp_path / "real.pdf", tmp_path / "specimen.pdf"
    session = samples.letter_session(2)
    (letter,) = samples.letters(1, session)
    render_letters([letter], real)
    trial = replace(session, specimen="演练样本，不具有效力")
    render_letters([replace(letter, session=trial)], specimen)
    front, _back = samples.text_of(specimen, tmp_path)
    assert front.count("演练样本，不具有效力") == 1
    (tmp_path / "a").mkdir()
    plain = samples.pictures(real, tmp_path / "a")
    marked = samples.pictures(specimen, tmp_path)

    def grey(page: Image.Image, top: int, bottom: int) -> int:
        part = (0, round(top / 25.4 * 120), page.width, round(bottom / 25.4 * 120))
        return sum(page.crop(part).histogram()[219:224])  # the mark's own shade

    # The ballot and the form behind it, the head of the letter, the back.
    for page, top, bottom in ((0, 205, 285), (1, 205, 285), (0, 5, 45), (1, 60, 140)):
        assert grey(marked[page], top, bottom) > 5_000 + grey(plain[page], top, bottom)
    assert {each.text for each in zxingcpp.read_barcodes(marked[0])} == {
        letter.serial,
        letter.vote_url,
    }


@samples.needs_poppler
@pytest.mark.parametrize("length", [1, 5, 12, 17, 30, 80])
def test_whom_to_ask_stays_above_the_fold_however_long_the_names(
    length: int, tmp_path: Path
) -> None:
    session = samples.letter_session(
        organiser="某" * length,
        supervisor=f"{'街' * length}（电话0000-0000000）",
        ballot_boxes=f"票箱，或者交给{'某' * length}（电话0000-0000000）",
        second_url="https://second.vote.example.gov.cn",
    )
    out = tmp_path / "letter.pdf"
    render_letters(samples.letters(1, session), out)
    (front,) = samples.pictures(out, tmp_path, dpi=100, first=1, last=1)
    cut = round(198 / 25.4 * 100)
    assert front.crop((100, cut - 8, front.width, cut - 3)).getextrema()[0] > 128
    line = front.crop((0, cut - 2, front.width, cut + 3))  # the dashes lie on the fold
    assert line.getextrema()[0] < 128
    assert "街" in samples.text_of(out, tmp_path)[0]


def test_too_much_text_is_refused(tmp_path: Path) -> None:
    session = samples.letter_session(8, title=samples.LONG * 6)
    with pytest.raises(RuleViolation, match="一张纸印不下"):
        render_letters(samples.letters(2, session), tmp_path / "letters.pdf")
    assert list(tmp_path.iterdir()) == []


def test_no_letters(tmp_path: Path) -> None:
    with pytest.raises(RuleViolation):
        render_letters([], tmp_path / "letters.pdf")


def test_a_worker_that_dies_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.buffer.read(1)"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    monkeypatch.setattr(letters_module, "_start_worker", start)
    with pytest.raises(RuntimeError, match="ended early"):
        render_letters(samples.letters(3), tmp_path / "letters.pdf")
    assert list(tmp_path.iterdir()) == []


def test_a_worker_needs_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(os.environ, "DJANGO_SETTINGS_MODULE", raising=False)
    assert render_letters(samples.letters(1), tmp_path / "letters.pdf").letters == 1


def test_what_a_killed_printer_left(tmp_path: Path) -> None:
    left = tmp_path / ".letters-abc"
    left.mkdir()
    (left / "0.pdf").write_bytes(b"tokens")
    (tmp_path / "letters.pdf").write_bytes(b"kept")
    touched = datetime.fromtimestamp(left.stat().st_mtime, UTC)
    assert clear_leftovers(tmp_path, before=touched - timedelta(minutes=1)) == 0
    assert clear_leftovers(tmp_path, before=touched + timedelta(minutes=1)) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["letters.pdf"]


def test_the_token_does_not_show() -> None:
    (letter,) = samples.letters(1)
    assert letter.token not in repr(letter)


def test_natural_order() -> None:
    base = samples.letters(1)[0]
    rooms = ["S1幢", "10幢", "2幢", "2幢A", "1幢"]
    ordered = sorted((replace(base, building=room) for room in rooms), key=delivery_order)
    assert [letter.building for letter in ordered] == ["1幢", "2幢", "2幢A", "10幢", "S1幢"]


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), (" 欧阳某 ", "欧**"), ("𬭎", "𬭎**"), ("", "")]
)
def test_masking(name: str, shown: str) -> None:
    assert masked(name) == shown
