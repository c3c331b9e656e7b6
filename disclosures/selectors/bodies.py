"""What the body is called that a role speaks for, as its papers say it."""

from disclosures.domain.bodies import BODIES
from registry.models import Estate
from registry.selectors import authority_chain

_KINDS = {
    "residents_committee": ("residents_committee",),
    "street_office": ("street_office",),
    "bureau": ("district_bureau", "zone_administration", "city_bureau"),
}


def body_of(estate: Estate, role: str) -> str:
    """The nearest authority of that kind by its own name: no estate has a street office of
    its own. A committee, or a body that is on no register, is called after the estate."""
    kinds = _KINDS.get(role, ())
    found = (one.name for one in authority_chain(estate) if one.kind in kinds)
    return next(found, f"{estate.name}{BODIES[role]}")
