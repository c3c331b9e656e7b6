"""`manage.py verify_document`: is this PDF what we issued?

Exit status 0 only for genuine. With --json, stdout is exactly one JSON object whatever the
input, wrong arguments included. With --offline --ca FILE no database is asked; what then
stays open is listed in `not_checked`.
"""

from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import CommandParser
from django.db import DatabaseError

from documents.authority import certificates
from documents.verification import Verdict, check, check_offline
from registry.management.json_command import JsonCommand

_MAX_BYTES = 256 * 1024 * 1024
_STATUS = {
    "genuine": "与登记一致",
    "altered": "已被篡改",
    "superseded": "已被取代",
    "revoked": "已撤销",
    "unknown": "未知",
}


class Command(JsonCommand):
    help = (
        "Check a PDF against the register, or offline against a certificate: genuine (exit 0), "
        "altered, superseded, revoked or unknown (exit 1)."
    )
    usage = "命令的参数不对，应为：verify_document 文件 [--offline --ca 证书] [--json]"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", help="the PDF")
        parser.add_argument("--offline", action="store_true", help="ask no database")
        parser.add_argument("--ca", metavar="FILE", help="trusted certificates (PEM)")

    def refuse(self, reason: str) -> NoReturn:
        self._end(_refusal(reason), as_json=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = _checked(options["file"], options["ca"], offline=options["offline"])
        except _Refused as refused:
            verdict = _refusal(str(refused))
        self._end(verdict, as_json=options["json"])

    def _end(self, verdict: Verdict, *, as_json: bool) -> NoReturn:
        status = 0 if verdict.status == "genuine" else 1
        self.end(_as_json(verdict), _lines(verdict), as_json=as_json, status=status)


class _Refused(Exception):
    """A sentence on what could not be read."""


def _checked(file: str, ca: str | None, *, offline: bool) -> Verdict:
    pdf = _bytes(file)
    roots = _certificates(ca) if ca else None
    if offline:
        if roots is None:
            raise _Refused("离线核验要用 --ca 指定签发方的证书文件。")
        return check_offline(pdf, trust_roots=roots)
    # The register only here: offline there may be no settings and no database.
    from documents import keys, selectors

    try:
        record = selectors.record_for(pdf)
    except DatabaseError:
        raise _Refused(
            "登记库打不开，不能与登记核对；可以用 --offline --ca 只核验签名。"
        ) from None
    return check(pdf, trust_roots=keys.trust_roots() if roots is None else roots, record=record)


def _bytes(file: str) -> bytes:
    path = Path(file)
    try:
        if not path.is_file():
            raise _Refused("没有这个文件。")
        if path.stat().st_size > _MAX_BYTES:
            raise _Refused("文件太大，不会是本平台签发的文件。")
        return path.read_bytes()
    except (OSError, ValueError):
        raise _Refused("文件打不开。") from None


def _certificates(ca: str) -> tuple[bytes, ...]:
    try:
        return certificates(Path(ca).read_bytes())
    except (OSError, ValueError):
        raise _Refused("证书文件打不开，或者里面没有证书。") from None


def _refusal(reason: str) -> Verdict:
    return Verdict(status="unknown", reasons=(reason,), not_checked=("file",), sha256="")


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "status": verdict.status,
        "reasons": list(verdict.reasons),
        "not_checked": list(verdict.not_checked),
        "sha256": verdict.sha256,
        "code": verdict.code,
        "number": verdict.number,
        "signer": verdict.signer,
        "signed_at": verdict.signed_at.isoformat() if verdict.signed_at else None,
        "superseded_by": verdict.superseded_by,
    }


def _lines(verdict: Verdict) -> list[str]:
    status = _STATUS[verdict.status]
    if verdict.status == "genuine" and verdict.not_checked:
        # Offline nobody asked the register; do not claim that it agrees.
        status = "签名有效，没有与登记核对"
    lines = [status, *verdict.reasons]
    if verdict.number:
        lines.append(f"编号：{verdict.number}")
    if verdict.signer:
        lines.append(
            f"签名：{verdict.signer}，{verdict.signed_at:%Y-%m-%d %H:%M}"
            if verdict.signed_at
            else f"签名：{verdict.signer}"
        )
    if "superseded" in verdict.not_checked:
        lines.append("没有核对：是否已被取代、是否已撤销。")
    return lines
