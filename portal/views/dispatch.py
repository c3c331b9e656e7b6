"""日调度: the figures of reports as they stand this moment, beside yesterday's."""

from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from committees.domain.reports import WORDS
from committees.selectors.figures import dispatched
from committees.selectors.targets import rules_at
from portal.views.registers import formation_of_request


@require_safe
def dispatch(request: HttpRequest) -> HttpResponse:
    """日调度: today against yesterday, as the records stand this moment."""
    found = formation_of_request(request)
    today = timezone.localdate()
    inside = set(found.reach.inside)
    context = {
        "at": found.at,
        "above": found.above,
        "rows": [
            {"words": words, "now": now, "before": before, "more": now - before}
            for words, now, before in zip(
                WORDS.values(),
                _living(today, inside),
                _living(today - timedelta(days=1), inside),
                strict=True,
            )
        ],
        "below": found.reach.next,
        "now": timezone.now(),
        "rule": rules_at(found.at, today).get("reports.daily"),
    }
    return render(request, "registers/dispatch.html", {**context, "section": "registers"})


def _living(day: date, inside: set[int]) -> list[int]:
    numbers = [
        counted for of in dispatched(day) for place, counted in of.items() if place in inside
    ]
    return [sum(one.get(code, 0) for one in numbers) for code in WORDS]
