"""`manage.py verify_archive`: is this archive bundle whole, and the list inside ours?

Exit status 0 only for whole. With --ca FILE no setting and no database is asked.
"""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents.archives import check_archive
from documents.authority import certificates

_STATUS = {
    "whole": "完整，没有改动",
    "altered": "被改动过",
    "unknown": "不是归档包，或者不是本平台的",
}


class Command(BaseCommand):
    help = "Check an archive bundle offline: whole (exit 0), altered or unknown (exit 1)."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the .zip")
        parser.add_argument("--ca", metavar="FILE", help="trusted certificates (PEM)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        verdict = check_archive(Path(options["file"]), trust_roots=_roots(options["ca"]))
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "status": verdict.status,
                        "reasons": list(verdict.reasons),
                        "items": verdict.items,
                        "session": verdict.session,
                        "signer": verdict.signer,
                    }
                )
            )
        else:
            self.stdout.write("\n".join([_STATUS[verdict.status], *verdict.reasons]))
        sys.exit(0 if verdict.status == "whole" else 1)


def _roots(ca: str | None) -> tuple[bytes, ...]:
    if ca is None:
        from documents import keys

        return keys.trust_roots()
    try:
        return certificates(Path(ca).read_bytes())
    except (OSError, ValueError):
        raise CommandError("证书文件打不开，或者里面没有证书。") from None
