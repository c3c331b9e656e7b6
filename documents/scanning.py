"""The virus scanner's word on what people hand in: clamd, where the operator has one."""

from typing import BinaryIO
from urllib.parse import urlsplit

from clamav_client.clamd import (
    BufferTooLongError,
    ClamdError,
    ClamdNetworkSocket,
    ClamdUnixSocket,
)
from django.conf import settings

from core.errors import RuleViolation

_SECONDS = 20


def demand_clean(content: BinaryIO) -> None:
    """Nothing without a scanner (VIRUS_SCANNER); else it says "OK" or nothing is taken in.

    RuleViolation "scan.infected", "scan.too_large" for the scanner's own limit,
    "scan.unavailable" where it does not answer.
    """
    if not settings.VIRUS_SCANNER:
        return
    try:
        answers = _scanner().instream(content)
    except BufferTooLongError:
        raise RuleViolation(
            "scan.too_large", "文件超过病毒检查服务的上限，没有收下，请改小或者分成几个文件再传"
        ) from None
    except (ClamdError, OSError, ValueError):
        raise _unavailable() from None
    verdicts = {verdict for verdict, _reason in answers.values()}
    if "FOUND" in verdicts:
        raise RuleViolation("scan.infected", "病毒检查没有通过，这个文件没有收下")
    if verdicts != {"OK"}:
        raise _unavailable()


def _scanner() -> ClamdNetworkSocket | ClamdUnixSocket:
    """tcp://host:port or unix:///path, as the setting says."""
    address = urlsplit(settings.VIRUS_SCANNER)
    if address.scheme == "unix":
        return ClamdUnixSocket(address.path, timeout=_SECONDS)
    return ClamdNetworkSocket(address.hostname or "", address.port or 3310, timeout=_SECONDS)


def _unavailable() -> RuleViolation:
    return RuleViolation(
        "scan.unavailable", "病毒检查服务现在不通，文件没有收下，请过一会儿再传"
    )
