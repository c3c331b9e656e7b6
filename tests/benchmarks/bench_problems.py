"""The problem register of a province: printed layouts, lists, counts, what the system finds.

    python -m tests.benchmarks.bench_problems [PROBLEMS]

20,000 problems with 40,000 steps at as many invented estates of both seed cities, on the
database of DATABASE_URL (a test database is made and dropped), else SQLite in a temporary
folder. Prints seconds, peak memory of the process so far, and server time of pages over 20
requests each.
"""

import sys
import tempfile
from datetime import date, timedelta
from random import Random

from tests.benchmarks.bench_registers import page, say, timed

DAY = date(2026, 9, 1)
_CHUNK = 500


def main() -> None:
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    import django
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    django.setup()
    setup_test_environment()
    from django.db import connection

    with tempfile.TemporaryDirectory() as folder:
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = f"{folder}/bench.sqlite3"
        made = setup_databases(verbosity=0, interactive=False)
        try:
            run(many, connection.vendor)
        finally:
            teardown_databases(made, verbosity=0)


def run(many: int, vendor: str) -> None:
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from accounts.permissions import Permission
    from accounts.reach import Reach
    from committees.selectors.findings import due_findings
    from committees.selectors.problems import problem_counts
    from registry.models import Authority
    from registry.services.places import load_authorities, load_divisions
    from tests.town import grant, make_user

    at = timezone.now()
    load_divisions(actor="bench", at=at)
    for city in ("340800000000", "370400000000"):
        load_authorities(city=city, valid_from=date(2020, 1, 1), actor="bench", at=at)
    top = Authority.objects.create(
        name="Province", kind="city_bureau", valid_from=date(2020, 1, 1)
    )
    Authority.objects.filter(kind="city_bureau", parent=None).exclude(pk=top.pk).update(
        parent=top
    )
    put(many)
    say(f"{vendor}: {many:,} problems")
    user = make_user("head")
    grant(user, "bureau", top)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    reach = Reach(user, Permission.KEEP_PROBLEMS, None)
    timed("counts today", lambda: problem_counts(reach, DAY + timedelta(days=60)))
    first, last = DAY, DAY + timedelta(days=30)
    timed("counts of a month", lambda: problem_counts(reach, last, first=first))
    timed("looked for findings", lambda: list(due_findings(last)))
    timed("annex 2", lambda: client.get(reverse("staff:problems_xlsx")))
    timed("a campaign", lambda: client.get(reverse("staff:campaign_xlsx", args=[1])))
    page(client, reverse("staff:problems"), {})
    page(client, reverse("staff:problems"), {"group": 5, "page": 40})
    page(Client(), reverse("portal:authority_problems", args=[top.pk]), {})


def put(many: int) -> None:
    """Estates with a problem each, written past the commands, which take one at a time."""
    from django.db import connection
    from django.utils import timezone

    from committees.models import Problem, ProblemStep
    from registry.models import Authority, Estate

    dice, at = Random(7), timezone.now()
    desks = list(
        Authority.objects.filter(kind="residents_committee").values_list("pk", "division")
    ) or list(Authority.objects.filter(division__isnull=False).values_list("pk", "division"))
    Estate.objects.bulk_create(
        [
            Estate(
                code=f"B{number:07}", name=f"样例{number}小区",
                authority_id=desks[number % len(desks)][0],
                division_id=desks[number % len(desks)][1],
            )
            for number in range(many)
        ],
        batch_size=_CHUNK,
    )  # fmt: skip
    problems = [
        Problem(
            estate=estate, number=1, submission="1", item=dice.randint(1, 22), source="own",
            found_on=DAY, deadline=DAY + timedelta(days=dice.randint(1, 90)),
            content="北门两个垃圾桶满溢，周边地面有油污，" * 2, company="样例物业有限公司",
            unit="样例物业有限公司", person="赵工", campaign=1, standard="二级",
            measures="增加早晚各一次清运，地面冲洗", recorded_by="x", recorded_at=at,
        )
        for estate in Estate.objects.order_by("pk")
    ]  # fmt: skip
    Problem.objects.bulk_create(problems, batch_size=_CHUNK)
    ProblemStep.objects.bulk_create(
        [
            ProblemStep(
                problem=one, number=number, kind=kind, day=DAY, text="已经清运，继续整治",
                state="open", deadline=one.deadline, actor="x", at=at,
            )
            for one in problems
            for number, kind in ((1, "reported"), (2, "progress"))
        ],
        batch_size=_CHUNK,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as it is done by itself, a minute later


if __name__ == "__main__":
    main()
