"""`manage.py legal_hold set|lift|list`: what a court or an authority wants kept is not deleted.

legal_hold set --estate CODE [--session CODE] --reason TEXT [--until DAY]
legal_hold set --everything --reason TEXT
legal_hold lift NUMBER --reason TEXT
legal_hold list
"""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import LegalHold
from accounts.services.holds import lift_hold, set_hold
from core.errors import RuleViolation
from registry.models import Estate
from voting.models import Session

ACTOR = "manage.py legal_hold"


class Command(BaseCommand):
    help = "Set, lift and list legal holds; each is written down in the log."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        setting = acts.add_parser("set", help="from now on nothing of it is deleted")
        what = setting.add_mutually_exclusive_group(required=True)
        what.add_argument("--estate", metavar="CODE", help="all of an estate")
        what.add_argument("--everything", action="store_true", help="all the platform keeps")
        setting.add_argument("--session", metavar="CODE", default="", help="that session alone")
        setting.add_argument("--reason", required=True, help="which authority, which letter")
        setting.add_argument(
            "--until", type=date.fromisoformat, help="the last day, 2027-01-31"
        )
        lifting = acts.add_parser("lift", help="the usual periods apply again")
        lifting.add_argument("number", type=int)
        lifting.add_argument("--reason", required=True)
        acts.add_parser("list", help="all there were")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            {"set": self._set, "lift": self._lift, "list": self._list}[options["act"]](options)
        except RuleViolation as refused:
            raise CommandError(str(refused)) from None
        except (Estate.DoesNotExist, Session.DoesNotExist, LegalHold.DoesNotExist):
            raise CommandError("没有这个小区、会议或者保全。") from None

    def _set(self, options: dict[str, Any]) -> None:
        code = options["session"]
        estate = None
        if options["estate"]:
            estate = Estate.objects.get(code=options["estate"])
            if code:
                Session.objects.get(code=code, estate=estate)
        elif code:
            raise CommandError("--session 要和 --estate 一起用。")
        hold = set_hold(
            estate=estate,
            session_code=code,
            reason=options["reason"],
            until=options["until"],
            actor=ACTOR,
            at=timezone.now(),
        )
        self.stdout.write(f"保全 {hold.pk} 已生效：{named(hold)}")

    def _lift(self, options: dict[str, Any]) -> None:
        hold = lift_hold(
            hold_id=options["number"], reason=options["reason"], actor=ACTOR, at=timezone.now()
        )
        self.stdout.write(f"保全 {hold.pk} 已解除：{named(hold)}")

    def _list(self, options: dict[str, Any]) -> None:
        for hold in LegalHold.objects.select_related("estate"):
            until = f"至 {hold.until}" if hold.until else "至解除"
            state = "已解除" if hold.lifted_at else "有效"
            self.stdout.write(
                f"{hold.pk}  {state}  {named(hold)}  {hold.since} {until}  {hold.reason}"
            )


def named(hold: LegalHold) -> str:
    """What a hold is of."""
    if hold.estate is None:
        return "平台保存的全部"
    if hold.session_code:
        return f"{hold.estate.name} 会议 {hold.session_code}"
    return f"{hold.estate.name} 的全部"
