"""Every file that comes in is looked at by the virus scanner first, where there is one."""

import re
import socket
import struct
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from core.errors import RuleViolation
from documents.uploads import UploadField, scanned

ROOT = Path(__file__).resolve().parents[2]
# In two halves, so that no scanner finds it in this repository.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

# These read what is handed in and keep nothing of it.
KEPT_NOWHERE = {"documents/forms.py": "a paper that is checked"}


@contextmanager
def clamd(settings, answer=None):
    """A daemon that speaks INSTREAM as man clamd(8) has it, and knows one signature."""
    server = socket.create_server(("127.0.0.1", 0))
    seen = []

    def read(connection, size):
        got = b""
        while len(got) < size:
            some = connection.recv(size - len(got))
            if not some:
                return got
            got += some
        return got

    def serve():
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            with connection:
                command = b""
                while not command.endswith((b"\n", b"\x00")):
                    command += connection.recv(1)
                content = b""
                while size := struct.unpack("!L", read(connection, 4))[0]:
                    content += read(connection, size)
                seen.append(content)
                bad = EICAR in content
                said = answer or (b"stream: Eicar-Test FOUND" if bad else b"stream: OK")
                connection.sendall(said + command[-1:])

    threading.Thread(target=serve, daemon=True).start()
    settings.VIRUS_SCANNER = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    yield seen
    server.close()


def upload(content, name="方案.pdf"):
    return SimpleUploadedFile(name, content, "application/pdf")


class Form(forms.Form):
    content = UploadField(required=False, allow_empty_file=True)


def codes(content):
    """What the field says to it, and the command that takes a file without a form."""
    form = Form({}, {"content": upload(content)})
    assert not form.is_valid()
    with pytest.raises(RuleViolation) as refused:
        scanned(upload(content))
    [[error]] = (said.as_data() for said in form.errors.values())
    assert error.code == refused.value.code
    assert error.messages == [str(refused.value)]
    return error.code


def test_the_scanner_sees_every_byte_before_anything_is_read(settings):
    content = b"%PDF-" + bytes(range(256)) * 20_000  # larger than is kept in memory
    with clamd(settings) as seen:
        form = Form({}, {"content": upload(content)})
        assert form.is_valid()
        assert seen == [content]
        assert form.cleaned_data["content"].read() == content


def test_what_it_finds_is_not_taken(settings):
    with clamd(settings):
        assert codes(b"%PDF-" + EICAR) == "scan.infected"


def test_without_its_word_nothing_is_taken(settings):
    with clamd(settings, answer=b"stream: Can't allocate memory ERROR"):
        assert codes(b"%PDF-") == "scan.unavailable"
    with clamd(settings, answer=b"INSTREAM size limit exceeded. ERROR"):
        assert codes(b"%PDF-") == "scan.too_large"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # nobody listens there
        settings.VIRUS_SCANNER = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    assert codes(b"%PDF-") == "scan.unavailable"
    settings.VIRUS_SCANNER = "unix:///nowhere/clamd.sock"
    assert codes(b"%PDF-") == "scan.unavailable"


def test_no_file_and_an_empty_one_ask_nobody(settings):
    settings.VIRUS_SCANNER = "unix:///nowhere/clamd.sock"
    assert Form({}, {}).is_valid()
    assert Form({}, {"content": upload(b"")}).is_valid()


def test_no_form_takes_a_file_another_way():
    """Read from the code, so that a new upload cannot be forgotten."""
    other = re.compile(r"forms\.FileField|forms\.ImageField|(?<!scanned\()request\.FILES\.get")
    found = {
        str(path.relative_to(ROOT))
        for app in ("accounts", "committees", "disclosures", "documents", "funds", "portal",
                    "registry", "voting")
        for path in (ROOT / app).rglob("*.py")
        for _one in other.finditer(path.read_text(encoding="utf-8"))
    }  # fmt: skip
    # The field itself, and a helper that asks which of a form's fields takes files.
    assert found - {"documents/uploads.py", "portal/forms.py"} == set(KEPT_NOWHERE)
