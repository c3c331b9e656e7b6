"""Whatever happens to a signed file, only the file itself is genuine."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from documents.authority import Identity, development_identity
from documents.signing import sign
from documents.verification import Record, check, check_offline, code_in
from tests.documents import samples


def record_of(pdf: bytes, **changes: str) -> Record:
    given = {"status": "issued", "code": samples.CODE, "number": "3号"}
    return Record(sha256=hashlib.sha256(pdf).hexdigest(), **(given | changes))  # type: ignore[arg-type]


def hole(pdf: bytes) -> tuple[int, int]:
    """Where the hexadecimal signature stands, angle brackets included."""
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)", pdf)
    assert found
    return int(found[2]), int(found[3])


def der_end(pdf: bytes) -> int:
    """Position of the first padding digit."""
    start, _ = hole(pdf)
    assert pdf[start + 1 : start + 5] == b"3082"  # a SEQUENCE with two bytes of length
    return start + 1 + 2 * (4 + int(pdf[start + 5 : start + 9], 16))


def test_it_works(signed: bytes, roots: tuple[bytes, ...]) -> None:
    verdict = check(signed, trust_roots=roots, record=record_of(signed))
    assert (verdict.status, verdict.not_checked, verdict.signed_at) == (
        "genuine",
        (),
        samples.AT,
    )
    offline = check_offline(signed, trust_roots=roots)
    assert offline.status == "genuine"
    assert offline.not_checked == ("superseded", "revoked")
    assert offline.code == samples.CODE


def test_the_signers_own_certificate_is_enough(signed: bytes, identity: Identity) -> None:
    assert check_offline(signed, trust_roots=[identity.certificate]).status == "genuine"


@pytest.mark.parametrize("status", ["superseded", "revoked"])
def test_a_retired_paper_says_so(status: str, signed: bytes, roots: tuple[bytes, ...]) -> None:
    record = record_of(signed, status=status, superseded_by="0" * 12, status_reason="更正面积")
    verdict = check(signed, trust_roots=roots, record=record)
    assert verdict.status == status
    assert "更正面积" in verdict.reasons


@pytest.mark.parametrize("tail", [b"\n", b"\0", b" ", b"%", b"%%EOF\n", b"0" * 4096])
def test_appended_bytes(tail: bytes, signed: bytes, roots: tuple[bytes, ...]) -> None:
    assert check_offline(signed + tail, trust_roots=roots).status == "altered"
    assert check(signed + tail, trust_roots=roots, record=record_of(signed)).status == "altered"


def test_prepended_and_cut(signed: bytes, roots: tuple[bytes, ...]) -> None:
    for changed in (b"\n" + signed, signed[1:], signed[:-1], signed[:-400]):
        assert check_offline(changed, trust_roots=roots).status == "altered"
    # Cut before its number and its signature: nothing says any more whose it was.
    assert check_offline(signed[: len(signed) // 2], trust_roots=roots).status == "unknown"


def test_an_incremental_update(signed: bytes, roots: tuple[bytes, ...]) -> None:
    writer = IncrementalPdfFileWriter(BytesIO(signed))
    writer.root[generic.pdf_name("/PageLayout")] = generic.pdf_name("/SinglePage")
    writer.update_root()
    out = BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(signed)
    assert check_offline(out.getvalue(), trust_roots=roots).status == "altered"


def test_signed_a_second_time(
    signed: bytes, identity: Identity, roots: tuple[bytes, ...], tmp_path: Path
) -> None:
    stranger = development_identity(tmp_path / "ca")
    from pyhanko.sign import fields, signers

    from documents import signing

    for who in (identity, stranger):
        out = signers.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(signed)),
            signers.PdfSignatureMetadata(
                field_name="Second", subfilter=fields.SigSeedSubFilter.PADES
            ),
            signing._signer(who),
        )
        assert check_offline(out.getvalue(), trust_roots=roots).status == "altered"


def test_somebody_elses_signature_on_our_paper(
    unsigned: bytes, roots: tuple[bytes, ...], tmp_path: Path
) -> None:
    stranger = development_identity(tmp_path / "ca", not_before=samples.AT)
    forged = sign(unsigned, identity=stranger, at=samples.AT, verify_url=samples.URL)
    assert check_offline(forged, trust_roots=roots).status == "altered"
    assert check(forged, trust_roots=roots, record=record_of(b"other")).status == "altered"


def test_our_signature_without_a_record(signed: bytes, roots: tuple[bytes, ...]) -> None:
    assert check(signed, trust_roots=roots, record=None).status == "altered"


def test_the_unsigned_rendering_is_altered(unsigned: bytes, roots: tuple[bytes, ...]) -> None:
    assert code_in(unsigned) == samples.CODE
    assert check_offline(unsigned, trust_roots=roots).status == "altered"


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n", b"\x89PNG", b"x" * 10_000, "样例".encode("gb18030")]
)
def test_neither_number_nor_signature(content: bytes, roots: tuple[bytes, ...]) -> None:
    assert check_offline(content, trust_roots=roots).status == "unknown"
    assert check(content, trust_roots=roots, record=None).status == "unknown"


def test_signed_before_the_certificate_was_valid(
    unsigned: bytes, identity: Identity, roots: tuple[bytes, ...]
) -> None:
    early = samples.AT.replace(year=2020)
    pdf = sign(unsigned, identity=identity, at=early, verify_url=samples.URL)
    assert check_offline(pdf, trust_roots=roots).status == "altered"


# --- One byte changed, anywhere --------------------------------------------------------


def places(pdf: bytes) -> Iterator[tuple[str, int]]:
    """Positions of every kind: each of the signature's, and some of all others."""
    pick = random.Random(278)
    start, end = hole(pdf)
    stop = der_end(pdf)
    attachment = pdf.index(b"/EmbeddedFile")
    kinds = {
        "header": range(20),
        "anywhere": range(start),
        "attachment": range(attachment - 200, attachment + 400),
        "signature dictionary": range(start - 400, start),
        "brackets": (start, end - 1),
        "der": range(start + 1, stop),
        "padding": range(stop, end - 1),
        "end": range(end, len(pdf)),
        "last bytes": range(len(pdf) - 12, len(pdf)),
    }
    for kind, positions in kinds.items():
        for position in pick.sample(list(positions), min(10, len(positions))):
            yield kind, position


def test_one_byte_changed_is_never_genuine(signed: bytes, roots: tuple[bytes, ...]) -> None:
    found = {}
    for kind, position in places(signed):
        for flip in (0x01, 0x20):
            changed = bytearray(signed)
            changed[position] ^= flip
            verdict = check_offline(bytes(changed), trust_roots=roots)
            if verdict.status != "altered":
                found[kind, position, flip] = verdict.status
    assert found == {}


def test_the_padding_alone(signed: bytes, roots: tuple[bytes, ...]) -> None:
    """What pyHanko and pdfsig let pass."""
    _, end = hole(signed)
    for position in (der_end(signed), der_end(signed) + 1, end - 2):
        changed = signed[:position] + b"1" + signed[position + 1 :]
        verdict = check_offline(changed, trust_roots=roots)
        assert verdict.status == "altered"
        assert verdict.reasons == ("签名后面的填充被改动过。",)


def test_hexadecimal_in_lower_case(signed: bytes, roots: tuple[bytes, ...]) -> None:
    start, end = hole(signed)
    changed = signed[:start] + signed[start:end].lower() + signed[end:]
    assert changed != signed
    assert check_offline(changed, trust_roots=roots).status == "altered"


@given(st.binary(max_size=200), st.integers(0, 2**20), st.integers(0, 64))
@settings(max_examples=60, deadline=None)
def test_splices(
    signed: bytes, roots: tuple[bytes, ...], piece: bytes, place: int, cut: int
) -> None:
    position = place % len(signed)
    changed = signed[:position] + piece + signed[position + cut :]
    if changed != signed:
        assert check_offline(changed, trust_roots=roots).status in {"altered", "unknown"}


def test_made_to_be_expensive(roots: tuple[bytes, ...]) -> None:
    """Ten megabytes of beginnings of streams end in an answer, soon."""
    assert check_offline(b"stream\nx" * 1_250_000, trust_roots=roots).status == "unknown"


# --- Another implementation ------------------------------------------------------------


@pytest.fixture(scope="module")
def nss(tmp_path_factory: pytest.TempPathFactory, identity: Identity, ca_dir: Path) -> Path:
    if shutil.which("pdfsig") is None or shutil.which("certutil") is None:
        pytest.skip("needs poppler-utils and libnss3-tools")
    folder = tmp_path_factory.mktemp("nss")
    base = ["certutil", "-d", f"sql:{folder}"]
    subprocess.run([*base, "-N", "--empty-password"], check=True)
    ca = str(ca_dir / "ca.pem")
    subprocess.run([*base, "-A", "-n", "ca", "-t", "C,C,C", "-i", ca], check=True)
    return folder


def pdfsig(pdf: bytes, nss: Path, folder: Path) -> str:
    (folder / "file.pdf").write_bytes(pdf)
    command = ["pdfsig", "-nssdir", f"sql:{nss}", str(folder / "file.pdf")]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_pdfsig_agrees(signed: bytes, nss: Path, tmp_path: Path) -> None:
    answer = pdfsig(signed, nss, tmp_path)
    assert "Signature is Valid." in answer
    assert "Certificate is Trusted." in answer
    assert "Total document signed" in answer
    assert "Not total document signed" not in answer
    changed = bytearray(signed)
    changed[len(signed) // 2] ^= 1
    assert "Signature is Valid." not in pdfsig(bytes(changed), nss, tmp_path)
    assert "Not total document signed" in pdfsig(signed + b"%", nss, tmp_path)
