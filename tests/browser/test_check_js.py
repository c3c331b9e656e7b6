"""static/js/check.js in a real Chromium: own receipt, tested ballot, whole export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core import merkle
from voting.protocol.shape import b64
from voting.protocol.suite import suite

from .vote_pages import Site, serve

pytestmark = pytest.mark.browser
VECTORS = Path(__file__).parents[1] / "vectors"
RECEIPT = (
    "receipt.manifest receipt.signature receipt.entry receipt.checkpoint receipt.inclusion"
)
EXPORT = "files canonical chain ballots.proofs totals verdict receipt test"


def check_page() -> str:
    items = "".join(
        f'<li data-check="{name}" hidden><span data-ok hidden>✓</span>'
        f"<span data-bad hidden>✗</span>{name} <code data-detail></code></li>"
        for name in f"{RECEIPT} {EXPORT}".split()
    )
    verdicts = "".join(
        f'<p id="verdict-{name}" hidden>{name}</p>'
        for name in ("ok", "bad", "pending", "destroyed", "unreadable")
    )
    return f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>核验</title>
        <script src="/static/js/check.js" defer></script></head><body>
        <form id="check" method="post" data-bundle="/static/js/check.bundle.js"
              data-proof="/check/proof"><textarea id="receipt" name="receipt"></textarea>
        <input type="file" id="export" multiple><button type="submit">核验</button></form>
        <p id="checking" hidden role="status">…<progress></progress></p>{verdicts}
        <ul id="checks">{items}</ul></body></html>"""


class Held:
    """The export of one suite, and what a voter holds of it."""

    def __init__(self, name: str) -> None:
        self.folder = VECTORS / f"js-board-{name}"
        self.lines = (self.folder / "board.jsonl").read_bytes().splitlines()
        self.receipt = json.loads(Path(f"{self.folder}.receipt.json").read_text())
        self.test = json.loads(Path(f"{self.folder}.test.json").read_text())
        self.manifest = self.lines[0].decode()
        rows = (self.folder / "checkpoints.jsonl").read_text().splitlines()
        self.checkpoint = json.loads(rows[0])

    def proof(self, **changes: Any) -> dict[str, Any]:
        """The server's answer, with the path made by the Python side."""
        seq, size = self.receipt["seq"], self.checkpoint["size"]
        hash_ = suite(json.loads(self.manifest)["body"]["suite"]).hash
        leaves = [merkle.leaf_hash(hash_, line) for line in self.lines[:size]]
        path = [node.hex() for node in merkle.inclusion_proof(hash_, leaves, seq)]
        return {
            "manifest": self.manifest,
            "entry": self.lines[seq].decode(),
            "size": size,
            "path": path,
            "checkpoint": self.checkpoint,
            **changes,
        }

    def answers(self, site: Site, **changes: Any) -> None:
        session, seq = self.receipt["session"], self.receipt["seq"]
        tracker = self.receipt["tracker"]
        query = f"/check/proof?session={session}&seq={seq}&tracker={tracker}"
        site.more[query] = json.dumps(self.proof(**changes))
        query = f"/check/proof?manifest={self.receipt['manifest']}"
        site.more[query] = json.dumps({"manifest": self.manifest})


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site({}, "", more={"/check": check_page()})
    server = serve(site)
    yield site
    server.shutdown()


@pytest.fixture(params=["p256", "sm2"])
def held(request: pytest.FixtureRequest) -> Held:
    return Held(request.param)


def check(tab: Page, site: Site, text: str) -> None:
    tab.goto(f"{site.url}/check")
    tab.locator("#receipt").fill(text)
    tab.locator("button").click()


def failing(tab: Page) -> list[str]:
    """Names of the checks that are shown to have failed."""
    bad = tab.locator("#checks li:visible:has([data-bad]:visible)")
    return [str(item.get_attribute("data-check")) for item in bad.all()]


class TestReceipt:
    def test_a_receipt_is_found_on_the_board(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site)
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-ok")).to_be_visible()
        shown = tab.locator("#checks li:visible").all()
        assert [item.get_attribute("data-check") for item in shown] == RECEIPT.split()
        assert failing(tab) == []

    def test_from_the_fragment(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site)
        tab.goto(f"{site.url}/check#{b64(json.dumps(held.receipt).encode())}")
        expect(tab.locator("#verdict-ok")).to_be_visible()

    def test_a_receipt_that_was_changed(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site)
        check(tab, site, json.dumps({**held.receipt, "party": 3}))
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["receipt.signature"]

    def test_another_ballot_in_its_place(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site, entry=held.lines[held.receipt["seq"] - 1].decode())
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["receipt.entry"]

    def test_a_board_that_left_it_out(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site, path=held.proof()["path"][::-1])
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["receipt.inclusion"]

    def test_a_promise_that_was_broken(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site, checkpoint=None)
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["receipt.checkpoint"]

    def test_a_promise_not_yet_due(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site, checkpoint=None)
        tab.clock.set_fixed_time(held.receipt["checkpoint_by"])
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-pending")).to_be_visible()

    def test_when_the_ballots_were_destroyed_it_says_so(
        self, tab: Page, site: Site, held: Held
    ) -> None:
        held.answers(site)
        site.gone = {path for path in site.more if path.startswith("/check/proof?session")}
        check(tab, site, json.dumps(held.receipt))
        expect(tab.locator("#verdict-destroyed")).to_be_visible()
        expect(tab.locator("#verdict-bad")).to_be_hidden()

    @pytest.mark.parametrize(
        "text", ["", "not a receipt", "null", '{"session": "X", "seq": 1}']
    )
    def test_what_cannot_be_read_is_said(self, tab: Page, site: Site, text: str) -> None:
        check(tab, site, text)
        expect(tab.locator("#verdict-unreadable")).to_be_visible()


class TestTestedBallot:
    def test_a_tested_ballot(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site)
        check(tab, site, json.dumps(held.test))
        expect(tab.locator("#verdict-ok")).to_be_visible()
        detail = tab.locator("[data-check='test'] [data-detail]").inner_text()
        assert len(detail) == len("XXXX-XXXX-XXXX-XXXX")

    def test_one_that_held_another_choice(self, tab: Page, site: Site, held: Held) -> None:
        held.answers(site)
        held.test["answers"][0]["choices"].reverse()
        check(tab, site, json.dumps(held.test))
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["test"]


class TestExport:
    def files(self, held: Held) -> list[dict[str, Any]]:
        return [
            {"name": path.name, "mimeType": "text/plain", "buffer": path.read_bytes()}
            for path in held.folder.iterdir()
        ]

    def test_all_files_and_the_receipt(self, tab: Page, site: Site, held: Held) -> None:
        tab.goto(f"{site.url}/check")
        tab.locator("#receipt").fill(json.dumps(held.receipt))
        tab.locator("#export").set_input_files(self.files(held))
        tab.locator("button").click()
        expect(tab.locator("#verdict-ok")).to_be_visible()
        expect(tab.locator("[data-check='receipt']")).to_be_visible()
        assert [s.target for s in site.seen if "proof" in s.target] == []

    def test_a_file_that_was_changed(self, tab: Page, site: Site, held: Held) -> None:
        files = self.files(held)
        roll = next(file for file in files if file["name"] == "roll.jsonl")
        roll["buffer"] = roll["buffer"].replace(b'"area":8000', b'"area":8001')
        tab.goto(f"{site.url}/check")
        tab.locator("#export").set_input_files(files)
        tab.locator("button").click()
        expect(tab.locator("#verdict-bad")).to_be_visible()
        assert failing(tab) == ["files"]
