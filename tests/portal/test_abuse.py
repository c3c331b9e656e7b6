"""What strangers try with addresses, headers, forms and tables; docs/security.md names them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.views.common import csv_answer
from tests.town import PASSWORD, make_user

ROOT = Path(__file__).resolve().parents[2]
# A file to keep and to fill in, sent as an attachment: no page of the site.
DOWNLOADED = ROOT / "templates" / "staff" / "papers" / "file.html"
EVIL = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example/staff/",
    "http:///evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "//evil.example\\@testserver/",
    "https://testserver@evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
]


def leads_home(location: str) -> bool:
    """Whether a browser stays: it drops tabs and line ends, and takes \\ for /."""
    plain = re.sub(r"[\t\r\n]", "", location.strip()).replace("\\", "/")
    return plain.startswith("/") and not plain.startswith("//")


# --- where one may be led ------------------------------------------------------------------


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/i18n/text-size", {"size": "18"}),
        ("/i18n/setlang/", {"language": "en"}),
        ("/accounts/login/", {"login": "abuse", "password": PASSWORD}),
    ],
)
@pytest.mark.django_db
def test_no_form_leads_away(evil: str, path: str, said: dict[str, str]) -> None:
    make_user("abuse")
    client = Client()
    for answer in (
        client.post(path, said | {"next": evil}),
        client.post(f"{path}?{urlencode({'next': evil})}", said),
    ):
        if answer.status_code in (301, 302, 303):
            assert leads_home(answer.headers["Location"])


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.django_db
def test_no_link_of_a_page_leads_where_its_address_says(evil: str) -> None:
    page = Client().get(f"/accounts/login/?{urlencode({'next': evil})}").content.decode()
    links = re.findall(r'(?:href|action)="([^"]*)"', page)
    assert [link for link in links if "evil" in link.split("?")[0]] == []


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "a b", "..", "["])
def test_a_strange_host_gets_nothing(host: str) -> None:
    answer = Client(headers={"host": host}).get("/")
    assert answer.status_code == 400
    assert host.encode() not in answer.content or len(host) < 4


@pytest.mark.django_db
def test_a_host_said_by_a_header_of_a_proxy_is_not_believed() -> None:
    said = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    for path in ("/", "/accounts/login/", "/staff/", "/nothing"):
        answer = Client(headers=said).get(path)
        assert b"evil.example" not in answer.content
        assert "evil" not in answer.headers.get("Location", "")


# --- what every answer carries ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/nothing", 404), ("/staff/", 302), ("/q/", 200), ("/i18n/text-size", 405)],
)
@pytest.mark.django_db
def test_headers(settings: Any, path: str, status: int) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000  # as without YISHI_DEBUG
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    answer = Client().get(path, secure=True)
    assert answer.status_code == status
    told = dict(
        part.strip().split(" ", 1)
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert told["object-src"] == told["base-uri"] == told["frame-ancestors"] == "'none'"
    assert told["script-src"] == told["style-src"] == told["default-src"] == "'self'"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # Below /q/ the letter's code stands in the address.
    kept_in = "strict-origin" if path == "/q/" else "same-origin"
    assert answer.headers["Referrer-Policy"] == kept_in
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_no_template_has_script_or_style_of_its_own() -> None:
    """What the policy would not run anyway; papers are no pages."""
    wrong = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        if "pdf" in path.parts or path == DOWNLOADED:
            continue
        html = path.read_text(encoding="utf-8")
        tags = re.sub(r"{%.*?%}|{{.*?}}", "", html)  # words of the template's own language
        found = re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", tags)
        scripts = re.findall(r"<script[^>]*>", html)
        found += [tag for tag in scripts if "src=" not in tag and "application/json" not in tag]
        wrong += [(str(path.relative_to(ROOT)), one) for one in found]
    assert wrong == []


@pytest.mark.parametrize("path", ["/", "/q/", "/check", "/accounts/login/", "/staff/"])
@pytest.mark.django_db
def test_nobody_is_told_what_was_sent(path: str) -> None:
    """TRACE, by which a browser would be told cookies that scripts may not see."""
    answer = Client(headers={"x-secret": "repeat-me"}).trace(path)
    assert answer.status_code in (302, 405)
    assert b"repeat-me" not in answer.content


# --- what is secret ------------------------------------------------------------------------

SECRET = r"(?:digits|token|secret|nonce|hash|state|tail|key)"
PLAIN = re.compile(rf"(?:==|!=) *(?:request\.(?:POST|GET)|form\.cleaned_data)\S*{SECRET}")


def test_secrets_are_compared_in_constant_time() -> None:
    """By compare_digest where a guess meets what is kept; no guess stands beside ==."""
    places = {
        "accounts/oidc/tokens.py", "accounts/second_code.py", "voting/domain/people.py",
        "voting/services/entering.py", "voting/services/lost.py", "voting/views/lost.py",
    }  # fmt: skip
    for name in places:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert re.search(r"(?:compare_digest|constant_time_compare)\(", text), name
    for app in ("accounts", "portal", "voting"):
        for path in (ROOT / app).rglob("*.py"):
            assert not PLAIN.search(path.read_text(encoding="utf-8")), path


# --- forms of other sites ------------------------------------------------------------------


def _views(resolver: URLResolver | None = None) -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from _views(entry)


def test_no_address_is_without_the_check_of_forms() -> None:
    seen = list(_views())
    assert len(seen) > 400
    assert [one for one in seen if getattr(one.callback, "csrf_exempt", False)] == []


@pytest.mark.parametrize("path", ["/q/", "/check", "/i18n/text-size", "/accounts/login/"])
@pytest.mark.django_db
def test_a_form_of_another_site_does_nothing(path: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"origin": "https://evil.example"})
    client.get("/q/")
    token = client.cookies["csrftoken"].value if "csrftoken" in client.cookies else "x" * 32
    for said in ({}, {"csrfmiddlewaretoken": token}):
        assert client.post(path, said).status_code == 403


# --- tables --------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_of_a_table_is_a_formula(sign: str) -> None:
    answer = csv_answer(["房号"], [[f"{sign}1+1|' /C calc'!A1"], [f"{sign}A"]], "x.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert all(cell.startswith("'") for (cell,) in rows[1:])


@pytest.mark.parametrize("number", ["-12.00", "-1,234.56", "0", "-3", "89.32", "1,000"])
def test_a_number_below_zero_stays_one(number: str) -> None:
    answer = csv_answer(["金额"], [[number], [None], ["-1+1"]], "x.csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [["金额"], [number], [""], ["'-1+1"]]


def test_every_table_goes_through_the_same_door() -> None:
    """csv.writer of pages: in `csv_answer`, and where rows are streamed or signed."""
    known = {
        "documents/bulletins.py", "funds/selectors/statements.py",
        "portal/log_lines.py", "portal/views/announced.py", "portal/views/common.py",
        "voting/selectors/delivery.py", "voting/services/archive_parts.py",
    }  # fmt: skip
    found = set()
    for app in ("accounts", "committees", "disclosures", "documents", "funds", "portal",
                "registry", "voting"):  # fmt: skip
        for path in (ROOT / app).rglob("*.py"):
            if "demo" not in path.parts and "csv.writer(" in path.read_text(encoding="utf-8"):
                found.add(str(path.relative_to(ROOT)))
    assert found <= known
    for name in found:
        assert "plain_cell" in (ROOT / name).read_text(encoding="utf-8")
