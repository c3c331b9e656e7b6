"""Names and numbers of a unit's owners are masked until somebody says why they are needed."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import Unit

# A choice and no free text: the log is kept for ever and names nobody.
REASONS = {
    "visit": gettext_lazy("业主本人来办事"),
    "title": gettext_lazy("核对权属材料"),
    "contact": gettext_lazy("联系业主"),
    "dispute": gettext_lazy("处理异议或者投诉"),
    "handing": gettext_lazy("委托处理终止，交还名册"),
}


@transaction.atomic(durable=True)
def show_owners(*, unit_id: int, reason: str, actor: str, at: datetime) -> None:
    """Write down that somebody sees the names and numbers of this unit's owners, and why.

    The owners read it under "who saw my data" (PIPL 44). RuleViolation "showing.reason".
    """
    if reason not in REASONS:
        raise RuleViolation("showing.reason", _("请选择为什么要看"))
    unit = Unit.objects.select_related("estate").get(pk=unit_id)
    facts = {"unit": unit.pk, "reason": reason}
    record_act(f"registry/{unit.estate.code}", "owners-shown", facts, actor=actor, at=at)
