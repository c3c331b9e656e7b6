"""static/js/vote.js in a real Chromium, on pages that keep its contract."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from .vote_pages import CODE, SESSION, Site, serve

pytestmark = pytest.mark.browser
Q = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TOKEN = bytes(range(16))


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public(secret: int) -> bytes:
    key = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def letter_key(token: bytes) -> bytes:
    """§5 of docs/protocol.md, by another library than ours."""
    kdf = HKDF(SHA256(), 48, SESSION.encode(), b"YISHI-1-credential")
    return public(int.from_bytes(kdf.derive(token), "big") % Q)


def make_facts(mode: str = "letter") -> dict[str, Any]:
    question = {
        "kind": "question",
        "options": ["for", "against", "abstain"],
        "min": 1,
        "max": 1,
    }
    election = {"kind": "election", "options": ["a", "b", "c"], "min": 0, "max": 2}
    titles = [
        ("m1", "电梯维修", question),
        ("m2", "管理规约", question),
        ("m3", "选举", election),
    ]
    manifest = {
        "format": "yishi-manifest-1",
        "suite": "P256-SHA256",
        "session": SESSION,
        "motions": [{"id": i, "title": title, **kind} for i, title, kind in titles],
        "trustees": {"election_key": b64(public(77))},
    }
    return {
        "manifest": manifest,
        "party": 7,
        "number": 1,
        "previous": "0" * 64,
        "mode": mode,
        "key": b64(letter_key(TOKEN)) if mode == "letter" else None,
        "bundle": "/static/js/ballot.bundle.js",
    }


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site(make_facts(), b64(os.urandom(32)))
    server = serve(site)
    yield site
    server.shutdown()


def at_motions(tab: Page, site: Site, fragment: str = "#" + b64(TOKEN)) -> None:
    tab.goto(f"{site.url}/vote/{SESSION}/motions/{fragment}")


def choose(tab: Page, motion: int, *values: str) -> None:
    fieldset = tab.locator(f"fieldset[data-motion='{motion}']")
    expect(fieldset).to_be_visible()
    for value in values:
        fieldset.locator(f"input[value='{value}']").check()
    fieldset.locator("[data-next]").click()


def fill_in(tab: Page) -> None:
    choose(tab, 0, "0")
    choose(tab, 1, "2")
    choose(tab, 2, "0", "2")
    expect(tab.locator("#sealed-note")).to_be_visible()


def cast(tab: Page, site: Site) -> dict[str, Any]:
    tab.locator("#cast button").click()
    tab.wait_for_url(f"**/vote/{SESSION}/receipt/**")
    (form,) = site.posted(f"/vote/{SESSION}/cast/")
    assert set(form) == {"csrfmiddlewaretoken", "ballot"}
    return dict(json.loads(form["ballot"][0]))


def decrypted(ballot: dict[str, Any]) -> list[list[int]]:
    """What the ballot holds, opened with the test's own election key by another library."""
    return [[holds(unb64(o)) for o in answer["options"]] for answer in ballot["answers"]]


def holds(option: bytes) -> int:
    """1 where B = 77A + G, 0 where B = 77A: compared by x, with the ECDH of OpenSSL."""
    key = ec.derive_private_key(77, ec.SECP256R1())
    A = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), option[:65])
    return int(key.exchange(ec.ECDH(), A) != option[66:98])


class TestTheWholeWay:
    def test_from_the_letter_to_the_receipt(self, tab: Page, site: Site) -> None:
        token = b64(TOKEN)
        tab.goto(f"{site.url}/q/{CODE}#{token}")
        assert tab.locator("#public").get_attribute("href") == "/help/"
        tab.locator("#skip").click()
        assert tab.evaluate("document.activeElement.id") == "main"
        tab.locator("#start button").click()
        tab.wait_for_url(f"**/vote/{SESSION}/identity/#{token}")
        (start,) = site.posted(f"/q/{CODE}/start")
        assert unb64(start["letter_key"][0]) == letter_key(TOKEN)
        assert len(unb64(start["login"][0])) == 97
        tab.reload()
        tab.locator("button").click()
        tab.wait_for_url(f"**/vote/{SESSION}/motions/#{token}")
        assert tab.locator("input:checked").count() == 0
        fill_in(tab)
        assert tab.locator("[data-review='2'] [data-answer]").inner_text().split() == ["a", "c"]
        assert re.fullmatch(r"(\w{4}-){3}\w{4}", tab.locator("#tracker").text_content() or "")
        ballot = cast(tab, site)
        assert decrypted(ballot) == [[1, 0, 0], [0, 0, 1], [1, 0, 1]]
        assert (ballot["encrypted_by"], ballot["key"]) == ("browser", site.facts["key"])
        tab.wait_for_url(f"{site.url}/vote/{SESSION}/receipt/")

    def test_the_token_is_never_sent_and_nothing_is_stored(self, tab: Page, site: Site) -> None:
        tab.goto(f"{site.url}/q/{CODE}#{b64(TOKEN)}")
        tab.locator("#start button").click()
        tab.locator("button").click()
        tab.wait_for_url("**/motions/**")
        fill_in(tab)
        cast(tab, site)
        for request in site.seen:
            assert b64(TOKEN) not in f"{request.target} {request.headers} {request.form}"
        stored = "[localStorage.length, sessionStorage.length, document.cookie.length]"
        assert tab.evaluate(stored) == [0, 0, 0]

    def test_nothing_leaves_before_the_submit(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        fill_in(tab)
        allowed = re.compile(r"/static/js/|/motions/$|/favicon")
        assert [s.target for s in site.seen if not allowed.search(s.target)] == []

    def test_two_taps_send_one_ballot(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        fill_in(tab)
        tab.locator("#cast button").dblclick()
        tab.wait_for_url("**/receipt/**")
        assert len(site.posted(f"/vote/{SESSION}/cast/")) == 1


class TestOneQuestionAtATime:
    def test_an_answer_is_needed(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        choose(tab, 0)
        expect(tab.locator("fieldset[data-motion='0'] [data-error='missing']")).to_be_visible()

    def test_too_many_and_mixed(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        choose(tab, 0, "0")
        choose(tab, 1, "0")
        choose(tab, 2, "0", "1", "2")
        expect(tab.locator("[data-motion='2'] [data-error='many']")).to_be_visible()
        choose(tab, 2, "blank")
        expect(tab.locator("[data-motion='2'] [data-error='mixed']")).to_be_visible()

    def test_back_keeps_what_was_chosen(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        choose(tab, 0, "1")
        choose(tab, 1, "0")
        tab.go_back()
        expect(tab.locator("fieldset[data-motion='1']")).to_be_visible()
        tab.locator("[data-motion='1'] [data-back]").click()
        expect(tab.locator("fieldset[data-motion='0']")).to_be_visible()
        expect(tab.locator("[data-motion='0'] input[value='1']")).to_be_checked()
        assert tab.url.endswith("#" + b64(TOKEN))

    def test_a_change_leads_back_to_the_check(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        fill_in(tab)
        tab.locator("[data-change='0']").click()
        choose(tab, 0, "1")
        expect(tab.locator("#sealed-note")).to_be_visible()
        expect(tab.locator("[data-review='0'] [data-answer]")).to_have_text("反对")
        assert decrypted(cast(tab, site))[0] == [0, 1, 0]

    def test_a_motion_left_out_and_nobody_chosen(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        choose(tab, 0, "none")
        choose(tab, 1, "1")
        choose(tab, 2, "blank")
        expect(tab.locator("#sealed-note")).to_be_visible()
        ballot = cast(tab, site)
        assert ballot["answers"][0] is None
        assert [holds(unb64(o)) for o in ballot["answers"][2]["options"]] == [0, 0, 0]

    def test_everything_left_out_cannot_be_cast(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        for motion in range(3):
            choose(tab, motion, "none")
        expect(tab.locator("#review [data-error='empty']")).to_be_visible()
        expect(tab.locator("#cast button")).to_be_disabled()

    def test_a_reload_begins_again(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        fill_in(tab)
        tab.reload()
        expect(tab.locator("fieldset[data-motion='0']")).to_be_visible()
        assert tab.locator("input:checked").count() == 0


class TestCastOrTest:
    def test_a_tested_ballot_is_opened_and_never_cast(self, tab: Page, site: Site) -> None:
        at_motions(tab, site)
        fill_in(tab)
        tracker = tab.locator("#tracker").text_content()
        tab.locator("summary").click()
        tab.locator("#test").click()
        expect(tab.locator("#tested")).to_be_visible()
        expect(tab.locator("#sealed-note")).to_be_visible()
        opened = json.loads(tab.locator("#test-output").input_value())
        assert [a["choices"] for a in opened["answers"]] == [[1, 0, 0], [0, 0, 1], [1, 0, 1]]
        assert "signature" not in opened["ballot"]
        r = int.from_bytes(unb64(opened["answers"][0]["randomness"][0]), "big")
        option = unb64(opened["ballot"]["answers"][0]["options"][0])
        assert public(r) == option[:65]
        assert tab.locator("#tracker").text_content() != tracker
        ballot = cast(tab, site)
        first = {o[:80] for a in opened["ballot"]["answers"] for o in a["options"]}
        assert not first & {o[:80] for a in ballot["answers"] for o in a["options"]}


class TestTheServerEncryptsLoudly:
    def sees_the_note(self, tab: Page) -> None:
        expect(tab.locator("#server-encryption-note")).to_be_visible()
        expect(tab.locator("#answers")).to_be_hidden()

    @pytest.mark.parametrize("missing", ["BigInt", "Worker", "crypto"])
    def test_where_a_feature_is_missing(self, tab: Page, site: Site, missing: str) -> None:
        tab.add_init_script(f"Object.defineProperty(window, '{missing}', {{value: undefined}})")
        at_motions(tab, site)
        self.sees_the_note(tab)
        expect(tab.locator("#problem")).to_be_hidden()

    def test_where_the_bundle_does_not_run(self, tab: Page, site: Site) -> None:
        site.broken_bundle = True
        at_motions(tab, site)
        expect(tab.locator("[data-problem='failed']")).to_be_visible()
        self.sees_the_note(tab)

    @pytest.mark.parametrize(
        ("fragment", "problem"), [("", "token"), ("#" + b64(bytes(16)), "key")]
    )
    def test_where_the_letter_is_missing_or_another(
        self, tab: Page, site: Site, fragment: str, problem: str
    ) -> None:
        at_motions(tab, site, fragment)
        expect(tab.locator(f"[data-problem='{problem}']")).to_be_visible()
        self.sees_the_note(tab)

    def test_without_javascript(self, chromium: Browser, site: Site) -> None:
        context = chromium.new_context(java_script_enabled=False)
        tab = context.new_page()
        tab.goto(f"{site.url}/q/{CODE}#{b64(TOKEN)}")
        tab.locator("#start button").click()
        assert site.posted(f"/q/{CODE}/start")[0]["login"] == [""]
        at_motions(tab, site)
        self.sees_the_note(tab)
        context.close()


def test_a_replacement_credential_is_made_in_the_browser(tab: Page, site: Site) -> None:
    site.facts = make_facts("replacement")
    at_motions(tab, site, "")
    fill_in(tab)
    key = cast(tab, site)["key"]
    assert len(unb64(key)) == 65
    assert key != b64(letter_key(TOKEN))


def test_a_damaged_token_is_named(tab: Page, site: Site) -> None:
    tab.goto(f"{site.url}/q/{CODE}#half")
    expect(tab.locator("#bad-token")).to_be_visible()
    tab.locator("#start button").click()
    assert site.posted(f"/q/{CODE}/start")[0]["login"] == [""]


class TestAnotherSecretThanTheLetters:
    OTHER = "#" + b64(bytes(16))

    def test_it_is_said_before_anything_is_sent(self, tab: Page, site: Site) -> None:
        tab.goto(f"{site.url}/q/{CODE}{self.OTHER}")
        expect(tab.locator("#bad-token")).to_be_visible()
        expect(tab.locator("#by-code-label")).to_be_visible()
        expect(tab.locator("#start-label")).to_be_hidden()
        assert site.posted(f"/q/{CODE}/start") == []
        tab.locator("#start button").click()
        (form,) = site.posted(f"/q/{CODE}/start")
        assert (form["login"], form["letter_key"]) == ([""], [""])

    def test_a_tap_before_the_answer_sends_nothing(self, tab: Page, site: Site) -> None:
        # The worker's answer is kept back until after the tap.
        tab.add_init_script(
            """
            const post = Worker.prototype.postMessage;
            Worker.prototype.postMessage = function (message) {
              window.answer = () => post.call(this, message);
            };
            """
        )
        tab.goto(f"{site.url}/q/{CODE}{self.OTHER}")
        tab.locator("#start button").click()
        expect(tab.locator("#start button")).to_be_disabled()
        tab.evaluate("window.answer()")
        expect(tab.locator("#bad-token")).to_be_visible()
        expect(tab.locator("#start button")).to_be_enabled()
        assert site.posted(f"/q/{CODE}/start") == []
        tab.locator("#start button").click()
        tab.wait_for_url("**/identity/**")
        assert site.posted(f"/q/{CODE}/start")[0]["letter_key"] == [""]

    def test_where_the_letters_key_is_not_the_valid_one_nothing_is_compared(
        self, tab: Page, site: Site
    ) -> None:
        site.facts = make_facts("replacement")
        tab.goto(f"{site.url}/q/{CODE}#{b64(TOKEN)}")
        tab.locator("#start button").click()
        tab.wait_for_url("**/identity/**")
        assert len(site.posted(f"/q/{CODE}/start")[0]["login"][0]) == 130
