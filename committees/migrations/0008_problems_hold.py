"""A problem changes by a step alone, which says what it is after it; steps never change."""

from django.db import migrations

from logbook.triggers import append_only, refuses

_STEP = (
    "SELECT 1 FROM committees_problemstep s WHERE s.problem_id = NEW.id "
    "AND s.number = NEW.last_step"
)


def _differs(column: str) -> str:
    """Whether a column changes, null or not, on both databases."""
    old, new = (f"COALESCE(CAST({row}.{column} AS TEXT), '')" for row in ("OLD", "NEW"))
    return f"{old} <> {new}"


_SAME_DAY = "COALESCE(CAST(s.deadline AS TEXT), '') = COALESCE(CAST(NEW.deadline AS TEXT), '')"
_WORDS = (
    "item", "added_item_id", "content", "company", "unit", "campaign", "standard", "measures",
    "remarks",
)  # fmt: skip
_EVIDENCE = "EXISTS (SELECT 1 FROM committees_problempage e WHERE e.step_id = s.id)"
_PROBLEM = "(SELECT p.state FROM committees_problem p WHERE p.id = NEW.problem_id)"


class Migration(migrations.Migration):
    dependencies = [("committees", "0007_problems")]
    operations = [
        append_only("committees_problemitem"),
        append_only("committees_problemstep"),
        append_only("committees_problempage"),
        append_only(
            "committees_problem",
            columns=(
                "id",
                "estate_id",
                "number",
                "submission",
                "source",
                "finding",
                "found_on",
                "recorded_by",
                "recorded_at",
            ),
        ),
        refuses(
            "a problem changes by a step",
            [
                # The next step is there, and says so.
                (
                    "committees_problem",
                    "UPDATE",
                    f"NEW.last_step <> OLD.last_step + 1 OR NOT EXISTS ({_STEP} "
                    f"AND s.state = NEW.state AND {_SAME_DAY})",
                ),
                (
                    "committees_problem",
                    "UPDATE",
                    f"({' OR '.join(map(_differs, _WORDS))}) "
                    f"AND NOT EXISTS ({_STEP} AND s.kind = 'corrected')",
                ),
                (
                    "committees_problem",
                    "UPDATE",
                    f"({_differs('deadline')}) AND NOT EXISTS ({_STEP} AND s.kind = 'moved')",
                ),
                # 验收一个、销号一个: with evidence.
                (
                    "committees_problem",
                    "UPDATE",
                    "OLD.state <> 'closed' AND NEW.state = 'closed' AND NOT EXISTS "
                    f"({_STEP} AND s.kind = 'closed' AND {_EVIDENCE})",
                ),
            ],
        ),
        refuses(
            "a problem that is closed is only opened again",
            [
                (
                    "committees_problemstep",
                    "INSERT",
                    f"({_PROBLEM} = 'closed') <> (NEW.kind = 'reopened')",
                ),
                # Whoever entered the progress does not look it over.
                (
                    "committees_problemstep",
                    "INSERT",
                    "NEW.kind = 'closed' AND NEW.actor = (SELECT s.actor "
                    "FROM committees_problemstep s WHERE s.problem_id = NEW.problem_id "
                    "AND s.kind = 'progress' ORDER BY s.number DESC LIMIT 1)",
                ),
                (
                    "committees_problempage",
                    "INSERT",
                    "EXISTS (SELECT 1 FROM committees_problemstep s JOIN committees_problem p "
                    "ON p.id = s.problem_id WHERE s.id = NEW.step_id "
                    "AND s.number <= p.last_step)",
                ),
            ],
        ),
    ]
