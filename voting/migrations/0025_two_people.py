"""Who proposes and who decides are two people, in the database too."""

from django.db import migrations

from logbook.triggers import two_people

_DECIDED = "{row}state IN ('confirmed', 'declined')"


class Migration(migrations.Migration):
    dependencies = [
        ("voting", "0024_motion_proposal"),
        ("logbook", "0002_append_only"),
    ]

    operations = [
        two_people("voting_ruling", "proposed_by", "decided_by", where=_DECIDED),
        two_people("voting_paperruling", "proposed_by", "decided_by", where=_DECIDED),
        two_people("voting_transfer", "proposed_by", "decided_by", where=_DECIDED),
        two_people("voting_courtorder", "proposed_by", "decided_by", where=_DECIDED),
        # Whoever entered an authority may note that the owner took it back.
        two_people(
            "voting_proxy",
            "entered_by",
            "decided_by",
            where="{row}state IN ('active', 'declined')",
        ),
        two_people("voting_review", "submitted_by", "ended_by"),
        two_people(
            "voting_filing", "submitted_by", "received_by", where="{row}state = 'received'"
        ),
        two_people(
            "voting_filing", "submitted_by", "returned_by", where="{row}state = 'returned'"
        ),
        two_people("voting_boxcount", "first_by", "second_by"),
        # Settled by a ruling on the ballots themselves, those two people decided.
        two_people(
            "voting_objection",
            "proposed_by",
            "ruled_by",
            where="{row}state = 'ruled' AND {row}ruling_id IS NULL",
        ),
    ]
