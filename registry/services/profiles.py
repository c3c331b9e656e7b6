"""Rule profiles: loaded from project data, and confirmed value by value."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolation
from logbook.steps import record_act
from registry.models import RuleProfile

PROFILES_FILE = Path(__file__).resolve().parent.parent / "data" / "profiles.json"


@transaction.atomic(durable=True)
def load_profiles(*, actor: str, at: datetime, path: Path = PROFILES_FILE) -> int:
    """Bring the shipped profiles into the database; returns how many were new or changed.

    Safe to repeat. What an official confirmed stays confirmed as long as neither the value
    nor its clause changes.
    """
    changed = []
    for shipped in json.loads(path.read_text(encoding="utf-8")):
        valid_from = date.fromisoformat(shipped["valid_from"])
        kept = (
            RuleProfile.objects.select_for_update(no_key=True)
            .filter(code=shipped["code"], valid_from=valid_from)
            .first()
        )
        values = _with_confirmations(shipped["values"], kept.values if kept else {})
        base = shipped["base"] and (
            RuleProfile.objects.filter(code=shipped["base"]).order_by("-valid_from").first()
        )
        fields = {"title": shipped["title"], "base": base or None, "values": values}
        if kept and all(getattr(kept, name) == value for name, value in fields.items()):
            continue
        RuleProfile.objects.update_or_create(
            code=shipped["code"], valid_from=valid_from, defaults=fields
        )
        changed.append(shipped["code"])
    if changed:
        record_act("registry", "profiles-loaded", {"codes": changed}, actor=actor, at=at)
    return len(changed)


@transaction.atomic(durable=True)
def confirm_profile_value(
    *, code: str, name: str, official: str, seen: str, actor: str, at: datetime
) -> RuleProfile:
    """A named official answers for a value whose source could not be read.

    `seen`: the text and article the official relies on. The latest version of the profile
    is meant. Refused for a value that needs no confirmation.
    """
    profile = (
        RuleProfile.objects.select_for_update(no_key=True)
        .filter(code=code)
        .order_by("-valid_from")
        .first()
    )
    if profile is None or name not in profile.values:
        raise RuleViolation("profile.unknown", _("没有这条规则，请核对规则名称"))
    if not official.strip() or not seen.strip():
        raise RuleViolation(
            "profile.unnamed", _("请写明确认人的姓名、职务和所依据的文件、条款")
        )
    stated = profile.values[name]
    if stated["verified"]:
        raise RuleViolation("profile.verified", _("这条规则的出处已经核对，不需要再确认"))
    stated["confirmed_by"] = official.strip()
    stated["seen"] = seen.strip()
    profile.save(update_fields=["values"])
    record_act(
        "registry",
        "profile-value-confirmed",
        {"code": code, "name": name, "official": official.strip(), "seen": seen.strip()},
        actor=actor,
        at=at,
    )
    return profile


def _with_confirmations(
    values: dict[str, dict[str, Any]], before: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    def merged(name: str) -> dict[str, Any]:
        stated, known = values[name], before.get(name, {})
        same: Iterable[bool] = (stated[part] == known.get(part) for part in ("value", "clause"))
        if known.get("confirmed_by") and all(same):
            return {**stated, "confirmed_by": known["confirmed_by"], "seen": known["seen"]}
        return stated

    return {name: merged(name) for name in values}
