"""The trustees' page, one file opened from a disk, in Chromium: a sitting of both tools."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.canonical import canonical
from tests.browser.conftest import shoot
from tests.voting.sessions import Vote, question
from tests.voting.trustee.sitting import PASSPHRASE, Device, value_of
from voting import keyfiles
from voting.protocol import ceremony, share, tally
from voting.protocol.ceremony import Ceremony
from voting.trustee import files
from voting.verifier import verify

pytestmark = pytest.mark.browser
PAGE = Path(__file__).resolve().parents[2] / "static" / "offline" / "yishi-ceremony.html"
NAMES = ["甲（抽签产生的业主）", "乙（居委会）", "丙（律师、公证员等外部人员）"]


@pytest.fixture
def open_file(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """The page as its user gets it: a copy on a disk, in a browser without network."""
    copy = tmp_path / "stick" / PAGE.name
    copy.parent.mkdir()
    shutil.copyfile(PAGE, copy)
    errors: list[str] = []
    contexts = []
    expect.set_options(timeout=30_000)  # stretching a passphrase takes its time

    def make(width: int = 1100) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 740}, accept_downloads=True, offline=True
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: errors.append(r.url) if _leaves(r.url) else None)
        page.goto(copy.as_uri())
        return page

    yield make
    for context in contexts:
        context.close()
    expect.set_options(timeout=5_000)
    assert errors == []


def _leaves(url: str) -> bool:
    return not url.startswith(("file:", "blob:", "data:"))


class OnPage:
    """A trustee at the page, with the same folder as a device of the command line."""

    def __init__(self, page: Page, device: Device) -> None:
        self.page, self.device = page, device

    def post(self, transcript: Path) -> None:
        self.home()
        self.page.get_by_role("button", name="做钥匙、念指纹").click()
        self.pick("仪式文件", transcript)
        self.press("下一步")

    def home(self) -> None:
        self.page.goto(self.page.url)

    def pick(self, label: str, *paths: Path) -> None:
        field = self.page.get_by_label(label).locator("visible=true")
        field.set_input_files(paths)

    def passphrase(self, words: str = PASSPHRASE) -> None:
        for field in self.page.locator("input[type=password]:visible").all():
            field.fill(words)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def save(self, button: str, name: str) -> Path:
        with self.page.expect_download() as coming:
            self.press(button)
        path = self.device.path(name)
        coming.value.save_as(path)
        return path

    def refused(self, words: str) -> None:
        expect(self.page.locator("#refused")).to_contain_text(words)
        expect(self.page.locator("#working")).to_be_hidden()

    def sit(self, round_: int, transcript: Path) -> Path:
        """The message of a round, as `Device.sit`."""
        self.post(transcript)
        return (self.certificate, self.reveal, self.confirm)[round_]()

    def certificate(self) -> Path:
        self.page.get_by_label(f"第{self.device.number}位").check()
        self.passphrase("短口令")
        self.press("做证书")
        self.refused("至少12个字符")
        self.passphrase()
        self.page.get_by_label("再输一遍口令").fill("别的别的别的别的别的别的别的")
        self.press("做证书")
        self.refused("两遍口令不一样")
        self.passphrase()
        self.press("做证书")
        self.save("保存临时文件", "work")
        return self.save("保存证书", "round-0.json")

    def reveal(self) -> Path:
        self.pick("您的临时文件", self.device.path("work"))
        self.passphrase("不是这个口令不是这个口令")
        self.press("做公开文件")
        self.refused("口令不对")
        self.passphrase()
        self.press("做公开文件")
        return self.save("保存公开文件", "round-1.json")

    def confirm(self) -> Path:
        self.pick("您的临时文件", self.device.path("work"))
        self.passphrase()
        self.press("核对并生成钥匙")
        one = self.save("保存第一份钥匙", "key-a")
        two = self.save("保存第二份钥匙", "key-b")
        expect(self.page.get_by_role("button", name="保存确认")).to_be_hidden()
        for copies, why in (((one, one), "同一个文件选了两次"), ((one, self.work()), "")):
            self.pick("第一份钥匙", copies[0])
            self.pick("第二份钥匙", copies[1])
            self.passphrase()
            self.press("试解两份钥匙")
            self.refused(why)
        self.pick("第二份钥匙", two)
        self.press("试解两份钥匙")
        return self.save("保存确认", "round-2.json")

    def work(self) -> Path:
        return self.device.path("work")

    def fingerprint(self, transcript: Path) -> str:
        self.post(transcript)
        self.pick("您的一份钥匙", self.device.path("key-a"))
        self.passphrase()
        self.press("显示指纹")
        shown = self.page.locator("#shown-fingerprint")
        expect(shown).not_to_be_empty()
        return shown.inner_text().replace(" ", "").replace("\n", "")

    def examine(self, *export: Path, before: str = "没有", note: Path | None = None) -> None:
        self.home()
        self.page.locator("button[data-go=open]").first.click()
        self.pick("公开记录", *export)
        self.pick("您的一份钥匙", self.device.path("key-a"))
        self.passphrase()
        self.page.get_by_label(before).first.check()
        if note:
            self.page.locator("#open-note").set_input_files(note)
        self.press("核验")

    def agree(self) -> None:
        self.page.get_by_label("我核对过了").check()
        self.press("同意，开票")


def post(folder: Path, current: Ceremony) -> Path:
    path = folder / f"ceremony-{current.round}.json"
    path.write_bytes(canonical(current.value) + b"\n")
    return path


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyfiles, "COST", 2**14)  # of the command line; the page's is real


def test_a_sitting_of_both_tools_opens(open_file, tmp_path):
    name = "P256-SHA256"  # the vectors hold both suites
    page = open_file()
    current = ceremony.begin(name, "YS-2026-01", 2, NAMES)
    first, second, third = (Device(tmp_path, number) for number in (1, 2, 3))
    at_page = OnPage(page, second)
    for round_ in range(3):
        transcript = post(tmp_path, current)
        sitters = (first, at_page, third)
        messages = [value_of(sitter.sit(round_, transcript)) for sitter in sitters]
        current = ceremony.advance(current, messages)
    whole = post(tmp_path, current)
    assert at_page.fingerprint(whole) == ceremony.fingerprint(current)
    shoot(page, "ceremony-fingerprint")

    # Each tool opens the other's key file.
    mine = [files.read_key(second.path(copy), PASSPHRASE) for copy in ("key-a", "key-b")]
    assert mine[0] == mine[1]
    assert mine[0].public == ceremony.public(current)
    assert second.run("fingerprint", whole, "--key", second.path("key-b")) == 0
    at_page.home()
    page.locator("button[data-go=test]").first.click()
    at_page.pick("第一份钥匙", third.path("key-a"))
    at_page.pick("第二份钥匙", third.path("key-b"))
    at_page.passphrase()
    at_page.press("试解两份钥匙")
    expect(page.locator("#tested")).to_contain_text("两份都试解通过：第3位")

    # The vote: a share from each tool, the record as a folder and as an archive.
    vote = Vote(
        name, trustees=ceremony.outcome(current), motions=[question("m1"), question("m2")]
    )
    vote.cast(1, [[0], None])
    vote.cast(2, [[1], [2]])
    vote.checkpoint()
    early = vote.export(tmp_path / "early")
    at_page.examine(*early.iterdir())
    at_page.refused("投票还没有截止")
    vote.close()
    vote.tally()
    vote.checkpoint()
    export = vote.export(tmp_path / "out" / vote.manifest.session)
    archive = Path(shutil.make_archive(str(tmp_path / "board"), "zip", tmp_path / "out"))
    at_page.examine(archive)
    expect(page.locator("#due")).to_contain_text("2人，209.52平方米")
    expect(page.locator("#due")).to_contain_text("任何一张票都不打开")
    shoot(page, "ceremony-due")
    at_page.press("同意，开票")
    at_page.refused("请先把每一项")
    at_page.agree()
    expect(page.get_by_role("button", name="保存开票份额")).to_be_disabled()
    note = at_page.save("保存开票记录", "opened.json")
    made = at_page.save("保存开票份额", "share.json")
    assert first.open(export) == 0
    shares = []
    for path in (made, first.path("share.json")):
        body = share.read(vote.manifest, vote.tally_hash, value_of(path))
        vote.post("decryption", body)
        shares.append(
            tally.verify_shares(vote.manifest, vote.sums, body, tally_hash=vote.tally_hash)
        )
    vote.shares = shares
    assert value_of(note) == value_of(Path(f"{first.path('key-a')}.opened"))
    at_page.examine(*export.iterdir(), before="开过", note=note)
    expect(page.locator("#due")).to_contain_text("2人")  # the same set may be opened again
    vote.result()
    vote.resolve()
    vote.checkpoint()
    report = verify(vote.export(tmp_path / "end"))
    assert report.ok, report.as_text()
    at_page.examine(*(tmp_path / "end").iterdir())
    at_page.refused("已经开票")


def test_what_the_command_line_refuses_is_refused(open_file, tmp_path):
    page = open_file(360)
    start = ceremony.begin("P256-SHA256", "YS-2026-01", 2, NAMES)
    current, devices = start, [Device(tmp_path, number) for number in (1, 2, 3)]
    for round_ in range(3):
        transcript = post(tmp_path, current)
        messages = [value_of(device.sit(round_, transcript)) for device in devices]
        current = ceremony.advance(current, messages)
    at_page = OnPage(page, devices[0])

    # A file that is none, a dealer who cheats, another sitting.
    at_page.post(tmp_path / "trustee-1" / "passphrase")
    at_page.refused("文件不完整或者被改过")
    at_page.post(devices[0].path("round-0.json"))
    at_page.refused("文件的内容不完整")
    value = value_of(tmp_path / "ceremony-2.json")
    shares = value["reveals"][1]["shares"]
    shares[0] = shares[2]
    bent = tmp_path / "bent.json"
    bent.write_bytes(canonical(value) + b"\n")
    at_page.post(bent)
    at_page.pick("您的临时文件", devices[0].path("work"))
    at_page.passphrase()
    at_page.press("核对并生成钥匙")
    at_page.refused("第2位保管人发给您的份额不对")
    shoot(page, "ceremony-complaint-360")

    def voted(folder: str, **changes):
        vote = Vote("P256-SHA256", trustees=ceremony.outcome(current), **changes)
        for party, choice in ((1, 0), (2, 1), (3, 0)):
            vote.cast(party, [[choice]])
        vote.close()
        return vote

    vote = voted("one")
    before = list(vote.lines), vote.hash, list(vote.checkpoints)
    vote.tally()
    vote.checkpoint()
    export = vote.export(tmp_path / "one")
    at_page.examine(*export.iterdir())
    at_page.agree()
    note = at_page.save("保存开票记录", "opened.json")

    # Another set of the same session, which differs by one ballot.
    vote.lines, vote.hash, vote.checkpoints = before
    vote.rule(3)
    vote.tally()
    vote.checkpoint()
    other = vote.export(tmp_path / "other")
    assert verify(other).ok
    at_page.examine(*other.iterdir(), before="开过", note=note)
    at_page.refused("另一组票")
    at_page.examine(*other.iterdir())  # the browser remembers, too, where the user does not say
    at_page.refused("另一组票")

    # An export that was edited; one under other keys.
    lines = (export / "board.jsonl").read_bytes().splitlines(keepends=True)
    (export / "board.jsonl").write_bytes(b"".join(lines[:-1]))
    at_page.examine(*export.iterdir())
    at_page.refused("没有通过核验（files")
    strange = Vote("P256-SHA256")
    strange.checkpoint()
    at_page.examine(*strange.export(tmp_path / "strange").iterdir())
    at_page.refused("不是您")


def test_it_can_be_read_on_a_desk_and_a_phone_in_both_languages(open_file, tmp_path):
    start = post(tmp_path, ceremony.begin("P256-SHA256", "YS-2026-01", 2, NAMES))
    for width in (1100, 360, 320):
        page = open_file(width)
        assert page.title().startswith("开票钥匙")
        for section in ("home", "make", "test", "open"):
            if section != "home":
                page.locator(f"button[data-go={section}]:visible").first.click()
            if section == "make":
                page.get_by_label("仪式文件").set_input_files(start)
                page.get_by_role("button", name="下一步").click()
                expect(page.locator("#certificate")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            shoot(page, f"ceremony-{section}-{width}")
            page.get_by_role("button", name="English").click()
            assert not any("一" <= c <= "鿿" for c in _words(page)), section
            if width != 320:
                shoot(page, f"ceremony-{section}-{width}-en")
            page.get_by_role("button", name="中文").click()
            if section != "home":
                page.get_by_role("button", name="返回").locator("visible=true").click()
    assert page.evaluate("document.querySelectorAll('[src], link').length") == 0


def _words(page: Page) -> str:
    """What is shown in English, without names and the switch."""
    shown: str = page.locator("main").inner_text()
    for name in NAMES:
        shown = shown.replace(name, "")
    return shown
