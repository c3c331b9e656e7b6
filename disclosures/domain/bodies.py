"""Which body a role speaks for, and who checks whom."""

from core.errors import RuleViolation

# Who may hold the money of a book → the role that enters it.
ROLES = {
    "committee": "organiser",
    "property_manager": "property_manager",
    "residents_committee": "residents_committee",
}
BODIES = {
    "organiser": "业主委员会",
    "property_manager": "物业服务企业",
    "residents_committee": "居民委员会",
    "street_office": "街道办事处",
    "bureau": "住建局",
}


def demand_other(actor: str, role: str, *, than: tuple[str, str]) -> None:
    """RuleViolation unless another person of another body acts. `than`: (actor, role)."""
    if actor == than[0]:
        raise RuleViolation("accounts.same_person", "不能复核自己办的事，请另一个人来办")
    if role == than[1]:
        raise RuleViolation(
            "accounts.same_body",
            f"{BODIES.get(role, role)}不能复核自己记的账，请另一个单位的人来办",
        )
