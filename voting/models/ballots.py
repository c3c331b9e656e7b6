"""Recorded ballots, and rulings that some do not count. Nothing here holds a choice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from voting.models.roll import Party
from voting.models.sessions import Session


class Ballot(models.Model):
    """Where a recorded ballot stands on the board. Its content is the board's line."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="ballots")
    # Found by its first constraint below; an index more is work for every ballot.
    party = models.ForeignKey(
        Party, on_delete=models.PROTECT, related_name="recorded", db_index=False
    )
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    seq = models.BigIntegerField()
    encrypted_by = models.CharField(max_length=8)
    replacement = models.BooleanField(default=False)  # signed by a replacement credential
    receipt = models.BinaryField()  # canonical bytes, as signed
    receipt_code = models.CharField(max_length=16, unique=True)
    submission = models.CharField(max_length=64)  # idempotency key of the form
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["party", "number"], name="one_ballot_per_number"),
            # The digest first: a receipt's number is the beginning of one.
            models.UniqueConstraint(fields=["digest", "session"], name="one_ballot_per_digest"),
            models.UniqueConstraint(
                fields=["party", "submission"], name="one_ballot_per_submission"
            ),
        ]

    def __str__(self) -> str:
        return f"ballot {self.digest[:8]}"


class Ruling(models.Model):
    """裁定: that a party's ballots do not count. One person proposes, a second one decides.

    The confirmed ruling is the board's entry; the row keeps why, and on what paper.
    """

    STATES = [
        ("proposed", _("等待第二人决定")),
        ("confirmed", _("已裁定不计入")),
        ("declined", _("没有同意")),
        ("withdrawn", _("已撤回")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="rulings")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="rulings")
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    reason = EncryptedTextField()
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="voting.ruling.content")
    sha256 = models.CharField(max_length=64)  # of the document itself
    proposed_by = models.CharField(max_length=80)
    proposed_role = models.CharField(max_length=24)
    proposed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # undecided after it: on the street office's desk
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()  # why it was declined

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["party"],
                condition=models.Q(state__in=["proposed", "confirmed"]),
                name="one_ruling_per_party",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["proposed", "confirmed", "declined", "withdrawn"]
                ),
                name="ruling_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"ruling {self.pk}"


class BallotPoint(models.Model):
    """First 63 bits of SHA-256 of every ciphertext point, so that none is used twice."""

    # Not checked by the database: a ballot has some twenty points, and its own row is checked.
    session = models.ForeignKey(
        Session, on_delete=models.PROTECT, db_constraint=False, db_index=False
    )
    fingerprint = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "fingerprint"], name="one_use_of_a_point"
            )
        ]

    def __str__(self) -> str:
        return f"{self.fingerprint:x}"
