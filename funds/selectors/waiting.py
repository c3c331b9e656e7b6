"""Money of repairs on somebody's desk: what who pays has to do next, and who applied.

A fixed number of queries, however many repairs there are: the worklist is opened all day.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.permissions import ROLE_PERMISSIONS, Permission, Visitor
from funds.domain.applications import FINAL
from funds.domain.instalments import UNDER_WAY
from funds.domain.repairs import SPEAKS_FOR
from funds.models import Instalment, Refund, RepairPublicity, RepairRequest, Settlement
from funds.selectors.releases import paid_by
from registry.models import Estate

# What the payer is waited for, then what the applicant is; in the order of the work.
PAYS = ("asked", "ready", "ordered", "stated", "expected")
APPLIES = ("failed", "planned", "unshown")


_P = Permission
# Role → the estates somebody holds it at (`accounts.permissions.estates_by_role`).
Places = Mapping[str, QuerySet[Estate]]


class Waiting(NamedTuple):
    """A repair and what it waits for: one of PAYS or of APPLIES."""

    request: RepairRequest
    what: str


def money_waiting(
    user: Visitor, places: Places, most: int
) -> tuple[list[Waiting], list[Waiting]]:
    """What this person can do as who pays, and as who applied; of each `most` repairs at most,
    those that wait longest. Nothing is asked for a role that nobody here holds."""
    may = frozenset[Permission]().union(*(ROLE_PERMISSIONS[role] for role in places))
    pays = list(_for_payer(user, most)) if _P.RELEASE_FUND in may else []
    if _P.APPLY_FUND not in may:
        return pays, []
    return pays, list(_for_applicant(spoken_for(places), most))


def _for_payer(user: Visitor, most: int) -> Iterator[Waiting]:
    """What can be done about payments.

    Nothing that takes another person than the one who asked, listed, stated or noted it.
    """
    me = f"user:{user.pk}"
    here = Instalment.objects.filter(application__request=OuterRef("pk"))
    stated = Settlement.objects.filter(request=OuterRef("pk"), confirmed_at=None)
    back = Refund.objects.filter(request=OuterRef("pk"), state="expected")
    found = RepairRequest.objects.filter(paid_by(user)).annotate(
        asked=Exists(here.filter(state="asked").exclude(asked_by=me)),
        ready=Exists(here.filter(state="ready")),
        ordered=Exists(here.filter(state="ordered").exclude(release_list__made_by=me)),
        # While money is on its way the final cost cannot be confirmed.
        stated=Exists(stated.exclude(stated_by=me)) & ~Exists(here.filter(state__in=UNDER_WAY)),
        expected=Exists(back.exclude(noted_by=me)),
    )
    # What is expected back outlives the repair; the rest belongs to one that was approved.
    approved = Q(asked=True) | Q(ready=True) | Q(ordered=True) | Q(stated=True)
    return _each(found.filter(Q(expected=True) | (approved & Q(state="approved"))), PAYS, most)


def _for_applicant(spoken_for: Q, most: int) -> Iterator[Waiting]:
    """What whoever speaks for the applicant can do next."""
    here = Instalment.objects.filter(
        application__request=OuterRef("pk"), application__state="passed", state="planned"
    )
    confirmed = Settlement.objects.filter(
        request=OuterRef("application__request"), confirmed_at__isnull=False
    )
    # The last payment is for a final cost that another person has confirmed.
    next_ones = here.filter(~Q(kind=FINAL) | Exists(confirmed))
    before = Instalment.objects.filter(
        application=OuterRef("application"),
        state="failed",
        kind=OuterRef("kind"),
        fen=OuterRef("fen"),
        condition=OuterRef("condition"),
        position__lt=OuterRef("position"),
    )
    shown = RepairPublicity.objects.filter(
        request=OuterRef("request"), posted_at__gte=OuterRef("stated_at")
    )
    unshown = Settlement.objects.filter(~Exists(shown), request=OuterRef("pk"))
    found = RepairRequest.objects.filter(spoken_for, state="approved").annotate(
        failed=Exists(next_ones.filter(Exists(before))) & Q(hold=""),
        planned=Exists(next_ones.filter(~Exists(before))) & Q(hold=""),
        unshown=Exists(unshown) & Q(kind="emergency"),
    )
    return _each(
        found.filter(Q(failed=True) | Q(planned=True) | Q(unshown=True)), APPLIES, most
    )


def spoken_for(places: Places) -> Q:
    """The repairs whose applicant this person speaks for, in whatever role."""
    found = Q(pk__in=[])
    for role, kinds in SPEAKS_FOR.items():
        if role in places:
            here = Q(estate__in=places[role].values("pk"))
            found |= here & Q(applicant_kind__in=kinds)
    return found


def _each(
    found: QuerySet[RepairRequest], kinds: tuple[str, ...], most: int
) -> Iterator[Waiting]:
    for one in found.select_related("estate").order_by(F("desk_since").asc(), "pk")[:most]:
        for what in kinds:
            if getattr(one, what):
                yield Waiting(one, what)
