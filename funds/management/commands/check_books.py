"""`manage.py check_books`: does everything in the fund's books agree?

With --json, stdout is exactly one JSON object whatever the input: {"ok": bool, "specials": int,
"vouchers": int, "postings": int, "disagreements": [{"code": str, "special": str, "detail":
str}]}. Exit status 0 only when everything agrees.
"""

from typing import Any, NoReturn

from django.db import DatabaseError

from funds.models import Posting, SpecialAccount, Voucher
from funds.selectors import check_books
from registry.management.json_command import JsonCommand


class Command(JsonCommand):
    help = "Prove the books: vouchers, sub-accounts, accounts, bank and log must agree."
    usage = "命令的参数不对，应为 check_books [--json]"

    def refuse(self, reason: str) -> NoReturn:
        self._end([{"code": "command", "special": "", "detail": reason}], {}, as_json=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = [one._asdict() for one in check_books()]
            counts = {
                "specials": SpecialAccount.objects.count(),
                "vouchers": Voucher.objects.filter(state="sealed").count(),
                "postings": Posting.objects.filter(voucher__state="sealed").count(),
            }
        except DatabaseError:
            reason = "数据库连不上，或者还没有建表；请检查 DATABASE_URL，并运行 migrate"
            found, counts = [{"code": "database", "special": "", "detail": reason}], {}
        self._end(found, counts, as_json=options["json"])

    def _end(
        self, found: list[dict[str, str]], counts: dict[str, int], *, as_json: bool
    ) -> NoReturn:
        figures = {"specials": 0, "vouchers": 0, "postings": 0} | counts
        answer = {"ok": not found, **figures, "disagreements": found}
        lines = [
            f"专户 {figures['specials']} 个，凭证 {figures['vouchers']} 张，"
            f"分录 {figures['postings']} 笔：{'全部相符' if not found else '有不符'}",
            *(f"  {one['special']} {one['detail']}" for one in found),
        ]
        self.end(answer, lines, as_json=as_json, status=1 if found else 0)
