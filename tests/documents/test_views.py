"""The public verification pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from documents.models import Document
from documents.steps import mark_revoked, mark_superseded, store_signed
from tests.documents import samples
from tests.factories import make_estate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signer(settings: Any, ca_dir: Path, identity: object) -> None:
    settings.CA_DIR = ca_dir


def store(pdf: bytes, **changes: Any) -> Document:
    is_public = changes.pop("is_public", True)
    facts = samples.resolution(**changes)
    with transaction.atomic():
        return store_signed(
            facts=facts,
            kind="resolution",
            title=facts.title,
            estate=make_estate(),
            pdf=pdf,
            data=samples.TALLY,
            is_public=is_public,
        )


def upload(client: Client, content: bytes) -> Any:
    return client.post("/v/", {"file": SimpleUploadedFile("决议.pdf", content)})


def test_by_code(client: Client, unsigned: bytes) -> None:
    store(unsigned)
    page = client.get(f"/v/{samples.CODE}")
    assert page.status_code == 200
    text = page.content.decode()
    for wanted in ("现在有效", "样例花园业〔2026〕3号", "7K4M-2QXH-9T3W", "不代替印章"):
        assert wanted in text


def test_a_rehearsal_is_not_to_be_relied_on(client: Client, unsigned: bytes) -> None:
    pdf = bytes(store(unsigned, number="样例花园演练〔2026〕1号").pdf)
    for page in (client.get(f"/v/{samples.CODE}"), upload(client, pdf)):
        text = page.content.decode()
        assert "这是演练，投的票不算数" in text
        assert "它是演练的样本，没有效力" in text
        assert "现在有效" not in text
        assert "可以放心使用" not in text


def test_the_code_as_people_type_it(client: Client, unsigned: bytes) -> None:
    store(unsigned)
    for typed in ("7k4m-2qxh-9t3w", "７Ｋ４Ｍ 2QXH 9T3W", " 7K4M2QXH9T3W\n"):
        answer = client.post("/v/", {"code": typed})
        assert answer.status_code == 302
        assert answer["Location"] == f"/v/{samples.CODE}"
    assert client.get("/v/7k4m-2qxh-9t3w")["Location"] == f"/v/{samples.CODE}"


def test_unknown_code(client: Client) -> None:
    for code in ("0" * 12, "样例", "x" * 500, "<script>"):
        page = client.get(f"/v/{code}")
        assert page.status_code == 404
        assert "查不到这个核验码" in page.content.decode()
        assert "<script>" not in page.content.decode()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "请填写核验码，或者选择要核验的 PDF 文件"),
        ({"code": "7K4M"}, "核验码是 12 位数字和字母"),
        ({"code": "x" * 300}, "200"),
    ],
)
def test_what_was_typed_stays(client: Client, data: dict[str, str], sentence: str) -> None:
    page = client.post("/v/", data)
    assert page.status_code == 400
    assert sentence in page.content.decode()
    if data:
        assert f'value="{data["code"]}"' in page.content.decode()


def test_upload(client: Client, unsigned: bytes) -> None:
    pdf = bytes(store(unsigned).pdf)
    cases = {
        pdf: "与登记一致",
        pdf + b"\n": "已被篡改",
        pdf[:-1]: "已被篡改",
        pdf.replace(b"%PDF-1.7", b"%PDF-1.6", 1): "已被篡改",
        unsigned: "已被篡改",
        b"": "未知",
        b"%PDF-1.4 other": "未知",
        b"MZ\x90\x00": "未知",  # a programme named .pdf
    }
    for content, answer in cases.items():
        page = upload(client, content)
        assert page.status_code == 200
        text = page.content.decode()
        assert f"<h1>{answer}</h1>" in text, answer
        assert "演练" not in text
        assert "接下来怎么办" in text


def test_too_large_an_upload(client: Client, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 1024 * 1024
    page = upload(client, b"x" * (1024 * 1024 + 1))
    assert page.status_code == 400
    assert "1 MB" in page.content.decode()


def test_retired(client: Client, unsigned: bytes) -> None:
    old, new = store(unsigned), store(unsigned, code="0" * 12)
    mark_superseded(old, by=new, reason="更正面积")
    text = client.get(f"/v/{old.code}").content.decode()
    assert "已被取代" in text
    assert f"/v/{new.code}" in text
    text = upload(client, bytes(old.pdf)).content.decode()
    assert "<h1>已被取代</h1>" in text
    assert f"/v/{new.code}" in text
    mark_revoked(new, reason="人民法院判决撤销")
    assert "人民法院判决撤销" in client.get(f"/v/{new.code}").content.decode()
    assert "<h1>已撤销</h1>" in upload(client, bytes(new.pdf)).content.decode()


def test_the_original(client: Client, unsigned: bytes) -> None:
    document = store(unsigned)
    answer = client.get(f"/v/{samples.CODE}/pdf")
    assert answer.content == bytes(document.pdf)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["X-Content-Type-Options"] == "nosniff"
    hidden = store(unsigned, code="0" * 12, is_public=False)
    assert client.get(f"/v/{hidden.code}/pdf").status_code == 404
    assert "不公开" in client.get(f"/v/{hidden.code}").content.decode()
    assert client.get("/v/ZZZZZZZZZZZZ/pdf").status_code == 404


def test_nothing_is_inline(client: Client, unsigned: bytes) -> None:
    store(unsigned)
    for address in ("/v/", f"/v/{samples.CODE}"):
        text = client.get(address).content.decode()
        assert " style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
