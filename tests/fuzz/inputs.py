"""What strangers put into forms and addresses: by hand, so that a failure says what it was."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from html.parser import HTMLParser
from random import Random
from typing import Any, NamedTuple

from django.core.files.uploadedfile import SimpleUploadedFile

TEXTS = [
    "",
    " ",
    "\x00",
    "样例\x00文字",
    "样例文字，足够长的说明",
    "𠮷𪚥😀👨‍👩‍👧",
    "\u202e右到左\u200b\ufeff",
    "e\u0301" * 50,
    "a" * 10_000,
    "长" * 3_000,
    "x" * 600,
    "'; DROP TABLE accounts_user; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "{{ 7|add:7 }}{% debug %}",
    "${jndi:ldap://127.0.0.1/x}",
    '=HYPERLINK("http://127.0.0.1")',
    "../../../../etc/passwd",
    "%00%2e%2e%2f",
    "http://169.254.169.254/latest/meta-data/",
    "//evil.example/x",
    "javascript:alert(1)",
    "\r\nSet-Cookie: a=b",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "on",
    "true",
    "null",
    "[]",
    "{}",
]
NUMBERS = [
    "0", "-1", "1", "2", "-0", "+5", "1e9", "1e400", "NaN", "inf", "-inf", "0x10", "1_000",
    "１２３", "٣", "1.5", "0.001", "1,234.56", "99999999999", str(2**31), str(2**63 - 1),
    str(2**63), "9" * 20, str(2**64), "9" * 400, "½", "²",
]  # fmt: skip
DATES = [
    "2026-02-29", "2024-02-29", "0000-00-00", "0001-01-01", "9999-12-31", "2026-13-01",
    "2026-1-1", "2026/01/01", "-2026-01-01", "10000-01-01", "2026-06-15", "2026-06-15T25:00",
    "2026-06-15T10:00", "2026-06-15 10:00:00+99:99", "明天", "1969-12-31", "2262-04-12",
]  # fmt: skip
CODES = ["ZZZZZZZZ", "0", "a", "7K4M-2QXH-9T3W", "O0I1L", "é", "%", "。", "..", "x" * 300]
ADDRESS_PARTS = ["0", "1", "999999999", str(2**63), "9" * 30, "ZZZZZZZZ", "é", "a b", "-1", "x"]


def _archive(names: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in names.items():
            packed.writestr(name, content)
    return made.getvalue()


# An XML bomb, for whoever expands entities; a zip of nothing, for whoever inflates.
_BOMB = b"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'>" + b"".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9)
) + b"]><l>&j;</l>"  # fmt: skip
FILES: list[tuple[str, bytes, str]] = [
    ("empty.pdf", b"", "application/pdf"),
    ("name.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf"),
    ("broken.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20, "application/pdf"),
    ("program.jpg", b"MZ" + b"\x90" * 2000, "image/jpeg"),
    ("page.png", b"<html><script>alert(1)</script></html>", "image/png"),
    ("short.png", b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"),
    ("picture.heic", b"\x00\x00\x00\x18ftypheic" + b"\x00" * 64, "image/heic"),
    ("table.csv", "房号,姓名,面积\n1-1-101,=1+1,x\n".encode("gb18030"), "text/csv"),
    ("table.csv", b"\xff\xfe\x00\x00", "text/csv"),
    ("table.xlsx", b"PK\x03\x04broken", "application/vnd.ms-excel"),
    ("bomb.xlsx", _archive({"xl/workbook.xml": _BOMB, "[Content_Types].xml": _BOMB}), ""),
    ("zeros.xlsx", _archive({"xl/worksheets/sheet1.xml": b"0" * 20_000_000}), ""),
    ("path.zip", _archive({"../../etc/passwd": b"x", "/abs": b"y", "a\\..\\b": b"z"}), ""),
    ("../../x.pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf"),
    ("名\u202efdp.exe", b"x", ""),
    ("n" * 300 + ".pdf", b"%PDF-1.4\n%%EOF\n", "application/pdf"),
    ("keys.json", b'{"a":' * 2000, "application/json"),
    ("keys.json", b'[1e999, "\\ud800", NaN]', "application/json"),
    ("list.txt", b"\n" * 100_000, "text/plain"),
]


class Field(NamedTuple):
    """A control of a form. `choices`: of a select, radios or boxes."""

    name: str
    kind: str
    value: str
    choices: tuple[str, ...] = ()


class Form(NamedTuple):
    """Where it goes, how, and what is in it."""

    action: str
    method: str
    fields: list[Field]


class _Reader(HTMLParser):
    """The forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(told.get("action", ""), told.get("method", "get").lower(), [])
            self.forms.append(self._open)
        elif self._open is None or (tag != "option" and not told.get("name")):
            return
        elif tag in ("input", "button"):
            kind = told.get("type", "text")
            fields = self._open.fields
            same = [one for one in fields if one.name == told["name"] and one.choices]
            if kind in ("radio", "checkbox") and same:
                fields.remove(same[0])
                fields.append(
                    same[0]._replace(choices=(*same[0].choices, told.get("value", "on")))
                )
                return
            several = (told.get("value", "on"),) if kind in ("radio", "checkbox") else ()
            fields.append(Field(told["name"], kind, told.get("value", ""), several))
        elif tag == "textarea":
            self._open.fields.append(Field(told["name"], "textarea", ""))
        elif tag == "select":
            self._select = (told["name"], [])
        elif tag == "option" and self._select is not None:
            self._select[1].append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select is not None and self._open is not None:
            name, values = self._select
            self._open.fields.append(Field(name, "select", values[0] if values else "",
                                           tuple(values)))  # fmt: skip
            self._select = None


def forms_of(page: str) -> list[Form]:
    """The forms of a page, as a browser would send them."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def filled(form: Form, dice: Random, spoil: float) -> dict[str, Any]:
    """What to send: each field as somebody careful fills it in, or with a chance of `spoil`
    something else. A query holds no files."""
    sent = _filled(form, dice, spoil)
    if form.method != "post":
        sent = {
            name: value
            for name, value in sent.items()
            if not isinstance(value, SimpleUploadedFile)
        }
    return sent


def _filled(form: Form, dice: Random, spoil: float) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    for field in form.fields:
        if field.name == "csrfmiddlewaretoken":
            continue
        if dice.random() >= spoil:
            sent[field.name] = _careful(field, dice)
        else:
            _spoil(field, sent, dice)
    if dice.random() < spoil:
        sent[dice.choice(["next", "page", "at", "id", "user", "role", "x" * 200])] = (
            dice.choice(TEXTS)
        )
    return sent


def _careful(field: Field, dice: Random) -> Any:
    if field.kind == "file":
        return _file(dice)
    if field.choices:
        return dice.choice(field.choices)
    plain: dict[str, Callable[[], str]] = {
        "date": lambda: "2026-06-15",
        "datetime-local": lambda: "2026-06-15T10:00",
        "number": lambda: str(dice.randrange(1, 50)),
        "hidden": lambda: field.value,
    }
    return plain.get(field.kind, lambda: field.value or "样例文字，足够长的说明")()


def _spoil(field: Field, sent: dict[str, Any], dice: Random) -> None:
    way = dice.randrange(5)
    if way == 0:
        return  # left out
    if way == 1:
        sent[field.name] = [dice.choice(TEXTS), dice.choice(NUMBERS)]  # twice
    elif way == 2:
        sent[field.name] = _file(dice)
    else:
        pool = {"date": DATES, "datetime-local": DATES, "number": NUMBERS}.get(field.kind)
        if any(one.isdigit() for one in field.choices):  # numbers of rows
            pool = NUMBERS
        sent[field.name] = dice.choice(pool or [*TEXTS, *NUMBERS, *DATES, *CODES])


def _file(dice: Random) -> SimpleUploadedFile:
    name, content, kind = dice.choice(FILES)
    return SimpleUploadedFile(name, content, kind or "application/octet-stream")


def query(dice: Random) -> dict[str, str]:
    """A query nobody's link has."""
    names = ["page", "at", "search", "q", "in", "year", "month", "order", "show", "state"]
    names += ["kind", "next", "late", "group", "source", "first", "last"]
    return {
        dice.choice(names): dice.choice([*TEXTS, *NUMBERS, *DATES, *CODES])
        for _ in range(dice.randrange(1, 4))
    }
