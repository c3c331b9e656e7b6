"""The owners' journeys of the acceptance list (O1-O4, O8-O10, O13, V1), in a real Chromium.

A journey marked for both runs with JavaScript (the browser encrypts) and without (the
server does).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import zxingcpp
from django.db import connections, transaction
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Page, expect

from accounts.gateways import MemoryGateway
from documents.steps import mark_revoked
from tests.browser.conftest import Open, shoot
from tests.voting.views.story import LI, OUYANG, WANG, Letter, Vote, make_vote
from voting.models import Ballot
from voting.selectors import result_of
from voting.services.casting import cast_plain
from voting.services.closing import close_session
from voting.services.counting import count_session
from voting.services.letters import reissue_letter
from voting.services.resolutions import issue_resolution

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

with_and_without = pytest.mark.parametrize("js", [True, False], ids=["js", "no-js"])
CHOICES = ("同意", "反对", "弃权")
WECHAT = (
    "Mozilla/5.0 (Linux; Android 10; TEST) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/86.0.4240.99 XWEB/4317 MMWEBSDK/20220903 Mobile Safari/537.36 "
    "MicroMessenger/8.0.28.2240 WeChat/arm64 NetType/WIFI Language/zh_CN"
)


@pytest.fixture
def vote() -> Vote:
    return make_vote()


def scan(page: Page, letter: Letter) -> None:
    page.goto(f"{letter.path}#{letter.token}")


def sms_digits() -> str:
    _phone, text = MemoryGateway.sent[-1]
    found = re.search(r"\d{6}", text)
    assert found
    return found.group()


def pass_sms(page: Page) -> None:
    page.get_by_role("button", name="发短信验证码").click()
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")


def pass_document(page: Page, name: str, tail: str) -> None:
    page.get_by_role("link", name="用证件号码最后 6 位核对").click()
    page.get_by_label("业主的姓").fill(name)
    page.get_by_label("证件号码的最后 6 位").fill(tail)
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")


def answer(page: Page, label: str) -> None:
    page.locator("label.choice:visible", has_text=label).click()
    page.get_by_role("button", name="下一步").locator("visible=true").click()


def to_review(page: Page, js: bool, *labels: str) -> None:
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
    for label in labels:
        answer(page, label)
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    if js:
        expect(page.locator("#sealed-note")).to_be_visible()


def vote_as_wang(page: Page, vote: Vote, js: bool, *labels: str) -> None:
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    to_review(page, js, *(labels or ("同意", "弃权")))
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")


def both(page: Page, name: str) -> None:
    """Pictures at the phone's width and at a desk's."""
    shoot(page, name)
    phone = page.viewport_size
    page.set_viewport_size({"width": 1366, "height": 768})
    shoot(page, f"{name}-desk")
    assert phone
    page.set_viewport_size(phone)


def decoded(picture: bytes) -> str:
    (code,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    return str(code.text)


@with_and_without
def test_o1_from_the_letter_to_the_receipt(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    suffix = "js" if js else "nojs"
    scan(page, vote.letters[WANG])
    both(page, f"01-letter-{suffix}")
    page.get_by_role("button", name="开始投票").click()
    page.wait_for_url("**/identity/**")
    both(page, f"02-identity-{suffix}")
    assert vote.letters[WANG].code not in page.url
    page.get_by_role("button", name="发短信验证码").click()
    both(page, f"03-sms-{suffix}")
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")
    if not js:
        both(page, "04-server-path")
        page.get_by_role("link", name="由服务器加密").click()
    expect(page.get_by_text("第 1 项，共 2 项").locator("visible=true")).to_be_visible()
    assert page.locator("input:checked").count() == 0
    both(page, f"05-motion-{suffix}")
    answer(page, "同意")
    answer(page, "弃权")
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    if js:
        expect(page.locator("#sealed-note")).to_be_visible()
    shown = page.locator("#review dd, dl.summary dd").locator("visible=true").all_inner_texts()
    assert [text for text in shown if text in CHOICES] == ["同意", "弃权"]
    both(page, f"06-review-{suffix}")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    expect(page.get_by_role("heading", name="已收到您的票")).to_be_visible()
    for choice in CHOICES:
        assert choice not in page.content()
    replaced = page.get_by_text("最初那封通知书里的密钥不再有效")
    assert replaced.count() == (0 if js else 1)
    both(page, f"07-receipt-{suffix}")
    ballot = Ballot.objects.get()
    assert ballot.encrypted_by == ("browser" if js else "server")
    assert ballot.replacement is (not js)
    picture = page.request.get(f"/r/{ballot.receipt_code}.png").body()
    assert decoded(picture).endswith(f"/r/{ballot.receipt_code}")
    page.goto(f"/r/{ballot.receipt_code}")
    expect(page.get_by_role("heading", name="这张票已记录")).to_be_visible()
    assert "301室" not in page.locator("main").inner_text()
    both(page, f"08-public-receipt-{suffix}")


@with_and_without
def test_o2_twice_is_once(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    sent: list[Any] = []
    page.on("request", lambda r: sent.append(r) if r.method == "POST" else None)
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    to_review(page, js, "同意", "反对")
    page.get_by_role("button", name="提交", exact=True).dblclick()
    page.wait_for_url("**/receipt/")
    number = page.locator(".panel .code").inner_text()
    last = sent[-1]
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "origin": page.evaluate("location.origin"),
    }
    again = page.request.post(
        last.url, data=last.post_data_buffer, headers=headers, max_redirects=0
    )
    assert again.status == 303
    assert again.headers["location"].endswith("/receipt/")
    page.go_back()
    expect(page.get_by_text("已经记录了您家的一张票")).to_be_visible()
    shoot(page, f"09-back-{'js' if js else 'nojs'}")
    page.get_by_role("link", name="查看回执").click()
    page.wait_for_url("**/receipt/")
    assert page.locator(".panel .code").inner_text() == number
    scan(page, vote.letters[WANG])
    expect(page.get_by_text("您已于")).to_be_visible()
    both(page, f"09-voted-{'js' if js else 'nojs'}")
    assert Ballot.objects.count() == 1


def test_o3_the_network_fails_at_the_submit(open_page: Open, vote: Vote) -> None:
    page = open_page()
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    to_review(page, True, "同意", "反对")
    page.route("**/cast/", lambda route: route.abort())
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_timeout(500)
    # Not recorded: a second scan says so by offering to begin.
    again = page.context.new_page()
    scan(again, vote.letters[WANG])
    expect(again.get_by_role("button", name="开始投票")).to_be_visible()
    assert again.get_by_text("您已于").count() == 0
    # Recorded, but the answer never arrived: a second scan says so too.
    again.get_by_role("button", name="开始投票").click()
    again.wait_for_url("**/motions/**")
    to_review(again, True, "同意", "反对")

    def swallow(route: Any) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    again.route("**/cast/", swallow)
    again.get_by_role("button", name="提交", exact=True).click()
    again.wait_for_timeout(500)
    third = page.context.new_page()
    scan(third, vote.letters[WANG])
    expect(third.get_by_text("您已于")).to_be_visible()
    assert Ballot.objects.count() == 1


@with_and_without
def test_o4_three_units_one_ballot(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    scan(page, vote.letters[OUYANG])
    expect(page.get_by_text("3 套房一起投一次")).to_be_visible()
    page.locator("#start button").click()
    pass_document(page, "欧阳", "01002X")
    to_review(page, js, "同意", "反对")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    said = page.locator("main").inner_text()
    for label in ("1幢1单元101室", "1幢1单元201室", "1幢1单元301室", "268.40 ㎡"):
        assert label in said
    shoot(page, f"10-three-units-{'js' if js else 'nojs'}")
    end(vote)
    outcome = result_of(vote.session).motions[0]
    assert (outcome.votes_for.heads, outcome.votes_for.area) == (1, 268_40)


def end(vote: Vote) -> None:
    """Let the clock strike, then close and count."""
    close_session(session_id=vote.session.pk, at=ended(vote))
    count_session(session_id=vote.session.pk, at=ended(vote) + timedelta(days=60))
    vote.session.refresh_from_db()


def ended(vote: Vote) -> datetime:
    assert vote.session.closes_at
    return vote.session.closes_at + timedelta(seconds=1)


def test_o6_the_last_of_several_votes_counts(open_page: Open, vote: Vote) -> None:
    """By the letter, by the server, by the letter again (its key is void by then), by code."""
    page = open_page()
    vote_as_wang(page, vote, True, "同意", "同意")
    unable = open_page(js=False)
    scan(unable, vote.letters[WANG])
    expect(unable.get_by_role("button", name="改票")).to_be_visible()
    unable.locator("#start button").click()
    pass_sms(unable)
    to_review(unable, False, "同意", "同意")
    unable.get_by_role("button", name="提交", exact=True).click()
    unable.wait_for_url("**/receipt/")
    for address in (f"{vote.letters[WANG].path}#{vote.letters[WANG].token}", "/"):
        again = open_page()
        again.goto(address)
        if address == "/":
            again.get_by_label("12 位码").fill(vote.letters[WANG].code.lower())
            again.get_by_role("button", name="下一步").click()
        again.locator("#start button").click()
        pass_sms(again)
        to_review(again, True, "反对", "弃权")
        again.get_by_role("button", name="提交", exact=True).click()
        again.wait_for_url("**/receipt/")
    ballots = Ballot.objects.order_by("number")
    assert [(b.encrypted_by, b.replacement) for b in ballots] == [
        ("browser", False),
        ("server", True),
        ("browser", True),
        ("browser", True),
    ]
    page.goto(f"/r/{ballots[0].receipt_code}")
    expect(page.get_by_role("heading", name="替换")).to_be_visible()
    shoot(page, "14-replaced")
    end(vote)
    first, second = result_of(vote.session).motions
    assert (first.against.heads, second.abstain.heads) == (1, 1)
    assert (first.votes_for.heads, second.votes_for.heads) == (0, 0)


def test_o7_another_secret_than_the_letters(open_page: Open, vote: Vote) -> None:
    """The address was cut or changed: said before the check, and on the receipt."""
    page = open_page()
    page.goto(f"{vote.letters[WANG].path}#{'A' * 22}")
    expect(page.get_by_text("网址里的密钥和这封通知书对不上。")).to_be_visible()
    check_page(page)
    shoot(page, "15-another-secret")
    page.get_by_role("button", name="凭 12 位码继续").click()
    pass_sms(page)
    to_review(page, True, "同意", "反对")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    expect(page.get_by_text("最初那封通知书里的密钥不再有效")).to_be_visible()
    check_page(page)
    shoot(page, "15-replaced-receipt")
    # Once replaced, the right secret is no longer the valid one, and no alarm.
    scan(page, vote.letters[WANG])
    page.get_by_role("button", name="改票").click()
    page.wait_for_url("**/motions/**")


@with_and_without
def test_o8_five_wrong_codes_lock(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    page.get_by_role("button", name="发短信验证码").click()
    right = sms_digits()
    wrong = "000000" if right != "000000" else "111111"
    for _try in range(5):
        page.get_by_label("短信里的 6 位数字").fill(wrong)
        page.get_by_role("button", name="下一步").click()
        expect(page.get_by_role("alert")).to_contain_text("核对不上")
        assert page.title().startswith("错误：")
    shoot(page, f"11-wrong-code-{'js' if js else 'nojs'}")
    page.get_by_label("短信里的 6 位数字").fill(right)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="请等 15 分钟")).to_be_visible()
    assert page.locator("main a[href='tel:0556-0000000']").count() == 1
    both(page, f"12-locked-{'js' if js else 'nojs'}")


def test_o9_four_pages_for_a_letter_that_does_not_vote(open_page: Open, vote: Vote) -> None:
    page = open_page()
    early = make_vote(opens_in=timedelta(days=2), closes_in=timedelta(days=9))
    late = make_vote(opens_in=timedelta(days=-9), closes_in=timedelta(days=-1))
    old = vote.letters[LI]
    reissue_letter(party_id=old.party.pk, actor="test", at=timezone.now(), reason="lost")
    seen = set()
    for name, path in {
        "not-open": early.letters[WANG].path,
        "closed": late.letters[WANG].path,
        "reissued": old.path,
        "unknown": "/q/0123456789AB",
    }.items():
        response = page.goto(path)
        assert response
        assert response.status not in {404, 500}
        seen.add(page.locator("h1").inner_text())
        assert not re.search(r"\d室|王|李", page.locator("body").inner_text())
        assert page.locator("#start").count() == 0
        both(page, f"13-{name}")
    assert len(seen) == 4


ALL_PAGES = ["/", "/help", "/check", "/q/", "/v/", "/nothing"]


@with_and_without
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_o10_big_letters_on_a_narrow_page(
    open_page: Open, vote: Vote, js: bool, dark: bool
) -> None:
    page = open_page(js=js, width=320, color_scheme="dark" if dark else "light")
    page.goto("/")
    for _press in range(2):
        page.get_by_role("button", name="大字").click()
    expect(page.locator("html")).to_have_class("text-30")
    suffix = f"{'js' if js else 'nojs'}-{'dark' if dark else 'light'}"
    for path in [*ALL_PAGES, f"/s/{vote.code}/", f"/s/{vote.code}/board/"]:
        page.goto(path)
        check_page(page)
        name = path.replace(vote.code, "vote").strip("/").replace("/", "-") or "home"
        shoot(page, f"20-big-{name}-{suffix}")
    scan(page, vote.letters[WANG])
    check_page(page)
    shoot(page, f"21-big-letter-{suffix}")
    page.locator("#start button").click()
    check_page(page)
    page.get_by_role("button", name="发短信验证码").click()
    check_page(page)
    page.get_by_label("短信里的 6 位数字").fill(sms_digits())
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/motions/**")
    page.locator("h1:visible").wait_for()
    check_page(page)
    if not js:
        page.get_by_role("link", name="由服务器加密").click()
    for label in ("同意", "弃权"):
        page.locator("label.choice:visible", has_text=label).wait_for()
        check_page(page)
        shoot(page, f"22-big-motion-{suffix}")
        answer(page, label)
    expect(page.get_by_role("heading", name="请核对")).to_be_visible()
    check_page(page)
    shoot(page, f"23-big-review-{suffix}")
    if js:
        expect(page.locator("#sealed-note")).to_be_visible()
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    check_page(page)
    shoot(page, f"24-big-receipt-{suffix}")


# Run in the page (Playwright evaluates it with JavaScript switched off, too).
_FAULTS = r"""
() => {
  const faults = [];
  const shown = (e) => e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
  const about = (e) => e.outerHTML.slice(0, 120);
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) faults.push('scrolls sideways: ' + root.scrollWidth);
  for (const e of document.querySelectorAll('input:not([type=hidden]),textarea,select')) {
    if (shown(e) && !e.labels.length) faults.push('no label: ' + about(e));
  }
  for (const e of document.querySelectorAll('main .button, .choice, .input')) {
    if (shown(e) && e.getBoundingClientRect().height < 59.5) faults.push('low: ' + about(e));
  }
  for (const e of document.querySelectorAll('.switch button, summary, .link-button')) {
    if (shown(e) && e.getBoundingClientRect().height < 43.5) faults.push('small: ' + about(e));
  }
  for (const e of document.querySelectorAll('img')) {
    if (!e.hasAttribute('alt')) faults.push('no alt: ' + about(e));
  }
  for (const e of document.querySelectorAll('a,button')) {
    if (shown(e) && !e.textContent.trim()) faults.push('no name: ' + about(e));
  }
  const ids = Array.from(document.querySelectorAll('[id]')).map((e) => e.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => faults.push('id twice: ' + id));
  const headings = Array.from(document.querySelectorAll('h1')).filter(shown);
  if (headings.length !== 1) faults.push(headings.length + ' visible h1');
  if (!root.lang || !document.title.trim()) faults.push('no language or title');
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => {
      const s = v / 255;
      return s <= 0.04045 ? s / 12.92 : Math.pow((s + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = rgb(getComputedStyle(at).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
    }
    return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(e)) continue;
    if (e.closest('script, [disabled], .skip, .visually-hidden, option')) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faults.push('contrast ' + contrast.toFixed(2) + ': ' + about(e));
  }
  return faults;
}
"""


def check_page(page: Page) -> None:
    """Labels, targets, names, headings, contrast and no sideways scrolling, by hand."""
    page.mouse.move(0, 0)
    assert page.evaluate(_FAULTS) == [], page.url


@pytest.mark.parametrize("size", ["18", "24", "30"])
@pytest.mark.parametrize("width", [320, 360])
def test_public_pages_of_a_large_estate_stay_within_the_phone(
    open_page: Open, vote: Vote, width: int, size: str
) -> None:
    """Sums of five digits before the point, and fingerprints of 64 digits."""
    for unit in (WANG, OUYANG, LI):
        cast_plain(
            session_id=vote.session.pk,
            party_id=vote.letters[unit].party.pk,
            submission=vote.letters[unit].party.commitment,
            choices=[[0], [1]],
            at=timezone.now(),
        )
    end(vote)
    page = open_page(width=width)
    page.goto("/help")
    origin = page.evaluate("location.origin")
    page.context.add_cookies([{"name": "text", "value": size, "url": origin}])
    for language in ("zh-hans", "en"):
        cookie = {"name": "django_language", "value": language, "url": origin}
        page.context.add_cookies([cookie])
        page.goto(f"/s/{vote.code}/")
        expect(page.locator("html")).to_have_class(f"text-{size}")
        # As in an estate of 500 flats; its roll would take minutes here.
        page.evaluate(
            r"""() => document.querySelectorAll('.outcome td span.nowrap').forEach((span) => {
              span.textContent = span.textContent.replace(/\d+\.\d\d/, '43058.28');
            })"""
        )
        assert page.locator(".outcome", has_text="43058.28 / 43058.28 ㎡").count() == 2
        said = "一律舍去尾数" if language == "zh-hans" else "cut off, never rounded up"
        expect(page.get_by_text(said)).to_be_visible()
        check_page(page)
        shoot(page, f"33-result-{width}-{size}-{language}")
        page.goto(f"/s/{vote.code}/board/")
        check_page(page)
        lines = page.locator("tbody code").first.evaluate("(e) => e.getClientRects().length")
        # 64 digits over the whole width of the page, not in a column of four.
        assert lines <= {"18": 3, "24": 4, "30": 5}[size] + (width == 320)
        shoot(page, f"34-board-{width}-{size}-{language}")


def test_bigger_letters_keep_the_answers(open_page: Open, vote: Vote) -> None:
    page = open_page()
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    answer(page, "反对")
    page.get_by_role("button", name="大字").click()
    expect(page.locator("html")).to_have_class("text-24")
    page.get_by_role("button", name="上一项").click()
    expect(page.locator("input:checked")).to_have_attribute("data-label", "反对")
    page.goto("/help")
    expect(page.locator("html")).to_have_class("text-24")


def test_o11_a_browser_that_cannot_encrypt_is_asked(open_page: Open) -> None:
    vote = make_vote(paper=True)
    page = open_page()
    page.add_init_script("delete window.BigInt")
    scan(page, vote.letters[WANG])
    page.locator("#start button").click()
    pass_sms(page)
    expect(page.get_by_role("heading", name="不能自己加密")).to_be_visible()
    expect(page.get_by_text("纸质表决票，投到票箱")).to_be_visible()
    to_review(page, False, "同意", "反对")
    page.get_by_role("button", name="提交", exact=True).click()
    page.wait_for_url("**/receipt/")
    page.get_by_text("谁能看到我的选择").click()
    expect(page.get_by_text("由服务器代您加密")).to_be_visible()
    assert Ballot.objects.get().encrypted_by == "server"


def test_o13_in_wechat_the_receipt_is_a_picture(open_page: Open, vote: Vote) -> None:
    page = open_page(user_agent=WECHAT)
    vote_as_wang(page, vote, True)
    image = page.locator("main figure img")
    source = image.get_attribute("src") or ""
    assert re.fullmatch(r"/r/\w{12}\.png", source)
    expect(image).to_have_js_property("naturalWidth", 750)
    assert page.locator("a[download]").count() == 0
    assert page.get_by_text("打印").count() == 0


def test_v1_from_the_result_to_a_resolution_that_anybody_checks(
    open_page: Open, vote: Vote, settings: Any
) -> None:
    settings.DEBUG = True  # signed by the development authority
    page = open_page()
    vote_as_wang(page, vote, True, "同意", "反对")
    for unit, choices in ((OUYANG, [[0], [1]]), (LI, [[0], None])):
        cast_plain(
            session_id=vote.session.pk,
            party_id=vote.letters[unit].party.pk,
            submission=vote.letters[unit].party.commitment,
            choices=choices,
            at=timezone.now(),
        )
    end(vote)
    page.goto(f"/s/{vote.code}/")
    expect(page.get_by_role("heading", name="结果")).to_be_visible()
    cards = page.locator(".outcome")
    expect(cards.nth(0)).to_contain_text("通过")
    # 3 of 4 heads and 478.22 of 598.72 m² took part in the first, all of them for.
    for said in ("3 / 4 人", "75.00%", "478.22 / 598.72 ㎡", "79.87%", "再少 1 人"):
        expect(cards.nth(0)).to_contain_text(said)
    expect(cards.nth(1)).to_contain_text("参加的业主不足，未形成决定")
    check_page(page)
    shoot(page, "30-result-phone")
    page.set_viewport_size({"width": 1366, "height": 768})
    shoot(page, "30-result-desk")
    document = in_thread(lambda: issue_resolution(session_id=vote.session.pk, at=ended(vote)))
    page.reload()
    page.get_by_role("link", name="看决议文件").click()
    expect(page.get_by_role("heading", name="现在有效")).to_be_visible()
    check_page(page)
    shoot(page, "31-paper-desk")
    pdf = bytes(document.pdf)
    assert verdict(page, pdf) == "与登记一致"
    shoot(page, "32-genuine-desk")
    assert verdict(page, pdf[:-20] + bytes([pdf[-20] ^ 1]) + pdf[-19:]) == "已被篡改"
    with transaction.atomic():
        mark_revoked(document, reason="测试撤销")
    assert verdict(page, pdf) == "已撤销"
    check_page(page)


def in_thread(act: Callable[[], Any]) -> Any:
    """Signing runs a loop of its own, which Playwright's in this thread forbids."""
    shared = connections["default"]
    shared.inc_thread_sharing()

    def run() -> Any:
        connections["default"] = shared
        return act()

    try:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(run).result()
    finally:
        shared.dec_thread_sharing()


def verdict(page: Page, pdf: bytes) -> str:
    page.goto("/v/")
    page.get_by_label("PDF 文件").set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": pdf}
    )
    page.get_by_role("button", name="核验这个文件").click()
    return page.locator("h1").inner_text()


@with_and_without
def test_after_the_close_owners_see_who_took_part(
    open_page: Open, vote: Vote, js: bool
) -> None:
    page = open_page(js=js)
    vote_as_wang(page, vote, js)
    end(vote)
    vote.session.closes_at = timezone.now()
    vote.session.save(update_fields=["closes_at"])
    other = open_page(js=js)
    scan(other, vote.letters[OUYANG])
    expect(other.get_by_role("link", name="看结果")).to_be_visible()
    shoot(other, f"15-closed-counted-{'js' if js else 'nojs'}")
    other.get_by_role("button", name="看参加名单").click()
    other.get_by_role("link", name="用证件号码最后 6 位核对").click()
    other.get_by_label("业主的姓").fill("欧阳")
    other.get_by_label("证件号码的最后 6 位").fill("01002X")
    other.get_by_role("button", name="下一步").click()
    other.wait_for_url("**/participants/**")
    expect(other.get_by_text("您家没有参加")).to_be_visible()
    expect(other.get_by_role("listitem")).to_have_text(["1幢2单元301室 89.32 ㎡"])
    check_page(other)
    both(other, f"16-participants-{'js' if js else 'nojs'}")
    with other.expect_download() as download:
        other.get_by_role("button", name="下载完整的公告板").click()
    assert download.value.suggested_filename == f"{vote.code}.zip"


@with_and_without
def test_v2_a_receipt_is_looked_up(open_page: Open, vote: Vote, js: bool) -> None:
    page = open_page(js=js)
    vote_as_wang(page, vote, js)
    number = page.locator(".panel .code").inner_text()
    stranger = open_page(js=js)
    stranger.goto("/check")
    stranger.get_by_label("回执号").fill(number.lower())
    stranger.get_by_role("button", name="查询").click()
    expect(stranger.get_by_role("heading", name="这张票已记录")).to_be_visible()
    stranger.get_by_text("自己核对签名").click()
    shoot(stranger, f"33-receipt-text-{'js' if js else 'nojs'}")
    if js:
        stranger.get_by_role("link", name="去核对回执").click()
        expect(stranger.locator("#verdict-pending")).to_be_visible()
        expect(stranger.locator("[data-check='receipt.signature'] [data-ok]")).to_be_visible()
    else:
        text = stranger.get_by_label("回执原文").input_value()
        stranger.goto("/check")
        stranger.get_by_label("回执内容").fill(text)
        stranger.get_by_role("button", name="核对", exact=True).click()
        expect(stranger.get_by_text("回执和记录一致")).to_be_visible()
    check_page(stranger)
    shoot(stranger, f"34-check-{'js' if js else 'nojs'}")


@pytest.mark.parametrize("path", ["/", "/help", "/check", "/v/"])
def test_pages_at_desk_width(open_page: Open, path: str) -> None:
    page = open_page(width=1366, height=768)
    page.goto(path)
    check_page(page)
    shoot(page, f"40-desk-{path.strip('/') or 'home'}")
