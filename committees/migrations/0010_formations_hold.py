"""What was reported of a formation, a member or a handover stays; what is over stays over."""

from django.db import migrations

from logbook.triggers import append_only, refuses

_ENDED = (
    "EXISTS (SELECT 1 FROM committees_formation WHERE id = NEW.formation_id"
    " AND committees_formation.ending <> '')"
)
_CONFIRMED = (
    "EXISTS (SELECT 1 FROM committees_handover WHERE id = NEW.handover_id"
    " AND confirmed_on IS NOT NULL)"
)
_ITEM_CONFIRMED = (
    "EXISTS (SELECT 1 FROM committees_handover JOIN committees_handoveritem"
    " ON committees_handoveritem.handover_id = committees_handover.id"
    " WHERE committees_handoveritem.id = NEW.item_id"
    " AND committees_handover.confirmed_on IS NOT NULL)"
)


class Migration(migrations.Migration):
    dependencies = [("committees", "0009_formations")]
    operations = [
        append_only("committees_evidence"),
        append_only("committees_evidencepage"),
        append_only("committees_filed"),
        append_only("committees_reached"),
        append_only("committees_inquiry"),
        append_only("committees_inquiryreply"),
        append_only("committees_partycount"),
        append_only("committees_explanation"),
        append_only("committees_handoveritem"),
        append_only("committees_itemstate"),
        append_only(
            "committees_formation",
            columns=("id", "estate_id", "kind", "opened_on", "opened_by", "opened_at"),
        ),
        append_only(
            "committees_nominee",
            columns=("id", "formation_id", "name", "recorded_by", "recorded_at"),
        ),
        append_only(
            "committees_member",
            columns=(
                "id", "committee_id", "name", "since", "candidate_id", "recorded_by",
                "recorded_at",
            ),
        ),
        append_only(
            "committees_partyanswer",
            columns=(
                "id", "member_id", "candidate_id", "nominee_id", "name_hash", "consented_on", "how",
                "recorded_by", "recorded_at",
            ),
        ),
        append_only(
            "committees_handover",
            columns=("id", "committee_id", "source", "opened_by", "opened_at"),
        ),
        refuses(
            "the formations hold",
            [
                ("committees_formation", "UPDATE", "OLD.ending <> ''"),
                ("committees_reached", "INSERT", _ENDED),
                ("committees_inquiry", "INSERT", _ENDED),
                ("committees_nominee", "INSERT", _ENDED),
                ("committees_nominee", "UPDATE", "OLD.withdrawn_on IS NOT NULL"),
                ("committees_member", "UPDATE", "OLD.ending <> ''"),
                # An answer is emptied when consent is withdrawn, and never becomes another.
                ("committees_partyanswer", "UPDATE", "length(NEW.answer) > 0"),
                ("committees_handover", "UPDATE", "OLD.confirmed_on IS NOT NULL"),
                ("committees_handoveritem", "INSERT", _CONFIRMED),
                ("committees_itemstate", "INSERT", _ITEM_CONFIRMED),
            ],
        ),
    ]  # fmt: skip
