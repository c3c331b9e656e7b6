"""What everybody may know of a committee beyond its kind and term."""

from datetime import date

from django.utils import timezone

from committees.models import Committee, Formation
from committees.selectors.pipeline import case_of
from core.deadlines import local_day
from voting.models import Session


def filed_on(committee: Committee) -> date | None:
    """The day of its filing, as its formation has it."""
    found = Formation.objects.filter(committee=committee).select_related("estate").first()
    if found is None:
        return None
    return case_of(found, local_day(timezone.now())).reached.get("filed")


def result_session(committee: Committee) -> Session | None:
    """The meeting of owners that elected it, whose result is public with the names."""
    found = (
        Formation.objects.filter(committee=committee, session__isnull=False)
        .select_related("session")
        .first()
    )
    return found.session if found else None
