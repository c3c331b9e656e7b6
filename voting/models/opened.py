"""Single ballots opened: all of a named vote, or one for a court; and who has looked."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from voting.models.ballots import Ballot
from voting.models.roll import Party
from voting.models.sessions import Session


class Openings(models.Model):
    """记名开票: the ballots of a named vote are opened; the board has the file's hash."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="openings")
    opened_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"openings of session {self.session_id}"


def line_purpose(session_id: int, trustee: int, party: int) -> str:
    """What an encrypted line is bound to, so that none can be put in another's place."""
    return f"voting.opened/{session_id}/{trustee}/{party}"


class OpenedLine(models.Model):
    """A line of openings.jsonl: one trustee's shares of one ballot. The file is all lines of
    the first trustee by party, then of the next."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="opened_lines")
    trustee = models.PositiveSmallIntegerField()
    party = models.PositiveIntegerField()
    line = SealedField(purpose=line_purpose, of=("session_id", "trustee", "party"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "party", "trustee"], name="one_line_per_trustee"
            )
        ]

    def __str__(self) -> str:
        return f"trustee {self.trustee}, party {self.party}"


class Look(models.Model):
    """查阅: somebody in office asked to see how one household voted, and why."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="looks")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="looks")
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=24)
    reason = EncryptedTextField()
    court = EncryptedTextField()  # court and number of its letter, where it is for a court
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"look {self.pk}"


class CourtOrder(models.Model):
    """法院要求打开一张票: entered by one person, checked by a second one.

    Once confirmed it is the board's entry `seq`; the row keeps the paper.
    """

    STATES = [
        ("proposed", _("等待第二人核对")),
        ("confirmed", _("已登记在公告板")),
        ("declined", _("没有同意")),
        ("withdrawn", _("已撤回")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="court_orders")
    ballot = models.ForeignKey(Ballot, on_delete=models.PROTECT, related_name="court_orders")
    court = models.CharField(max_length=40)
    number = models.CharField(max_length=60)  # of the court's paper
    key = models.CharField(max_length=43)  # the court's, X25519, base64url
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    content = SealedField(purpose="voting.court_order.content")
    sha256 = models.CharField(max_length=64)  # of the document itself
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    seq = models.BigIntegerField(null=True)
    proposed_by = models.CharField(max_length=80)
    proposed_role = models.CharField(max_length=24)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ballot"],
                condition=models.Q(state="proposed"),
                name="one_waiting_order_per_ballot",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["proposed", "confirmed", "declined", "withdrawn"]
                ),
                name="court_order_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"court order {self.pk}"


class CourtFile(models.Model):
    """What a trustee opened for a court, sealed to it; nobody else can read it."""

    order = models.ForeignKey(CourtOrder, on_delete=models.PROTECT, related_name="files")
    trustee = models.PositiveSmallIntegerField()
    content = models.BinaryField()  # empty once destroyed
    received_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["trustee"]
        constraints = [
            models.UniqueConstraint(fields=["order", "trustee"], name="one_file_per_trustee")
        ]

    def __str__(self) -> str:
        return f"file of trustee {self.trustee}"
