"""纸质票: sheets that came back, what two people read from them, and the box they lay in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from voting.models.ballots import Ballot
from voting.models.roll import Party
from voting.models.sessions import Session


class PaperBallot(models.Model):
    """A sheet that came back. Sealed until voting is over; then read by two people.

    No choice is kept here. `faults` says of which motions the marks were invalid.
    """

    STATES = [
        ("sealed", _("未拆封")),
        ("read_once", _("已有一人录入")),
        ("differs", _("两人录入不一致")),
        ("entered", _("已录入")),
        ("spoiled", _("整张作废")),
        ("ruled_out", _("经两人决定不计入")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="papers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="papers")
    serial = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=STATES, default="sealed")
    place = EncryptedTextField()  # where it was handed in
    registered_by = models.CharField(max_length=80)
    registered_role = models.CharField(max_length=24)
    registered_at = models.DateTimeField()
    scan = SealedField(default=b"", purpose="voting.paper.scan")
    scan_type = models.CharField(max_length=60, blank=True)
    scan_salt = EncryptedTextField()  # hex; scan_hash = H(lp("YISHI-1-paper", salt, scan))
    scan_hash = models.CharField(max_length=64, blank=True)
    faults = models.JSONField(default=list)
    void = models.CharField(max_length=12, blank=True)  # domain.paper.SPOILED
    ballot = models.OneToOneField(
        Ballot, null=True, on_delete=models.PROTECT, related_name="paper"
    )
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["serial"]
        constraints = [
            models.UniqueConstraint(fields=["session", "serial"], name="one_paper_per_serial"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        *("sealed", "read_once", "differs"),
                        *("entered", "spoiled", "ruled_out"),
                    ]
                ),
                name="paper_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"paper {self.serial}"


class PaperReading(models.Model):
    """What one person read; `content` is emptied as soon as the sheet is settled."""

    paper = models.ForeignKey(PaperBallot, on_delete=models.PROTECT, related_name="readings")
    step = models.PositiveSmallIntegerField()  # 1, 2; 3: who decided between them
    actor = models.CharField(max_length=80)
    role = models.CharField(max_length=24)
    at = models.DateTimeField()
    content = EncryptedTextField()  # JSON of domain.paper.Reading

    class Meta:
        ordering = ["step"]
        constraints = [
            models.UniqueConstraint(fields=["paper", "step"], name="one_reading_per_step"),
            models.UniqueConstraint(fields=["paper", "actor"], name="one_reading_per_person"),
        ]

    def __str__(self) -> str:
        return f"reading {self.step} of {self.paper_id}"


class PaperRuling(models.Model):
    """Whether a sheet counts: one person proposes, another in another role decides.

    Needed where its party voted online too; possible for every sheet that is not settled.
    """

    STATES = [
        ("proposed", _("等待第二人决定")),
        ("confirmed", _("已决定")),
        ("declined", _("没有同意")),
    ]

    paper = models.ForeignKey(PaperBallot, on_delete=models.PROTECT, related_name="rulings")
    counts = models.BooleanField()  # the sheet counts, in the place of an online ballot
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    reason = EncryptedTextField()
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60, blank=True)
    content = SealedField(default=b"", purpose="voting.paper_ruling.content")
    sha256 = models.CharField(max_length=64, blank=True)  # of the document itself
    salt = EncryptedTextField()  # hex
    hash = models.CharField(max_length=64, blank=True)  # as it stands on the board
    proposed_by = models.CharField(max_length=80)
    proposed_role = models.CharField(max_length=24)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()  # why it was declined

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper"],
                condition=models.Q(state__in=["proposed", "confirmed"]),
                name="one_ruling_per_paper",
            )
        ]

    def __str__(self) -> str:
        return f"ruling {self.pk} on a paper"


class BoxCount(models.Model):
    """票箱: how many papers two people counted; earlier statements stay."""

    STATES = [
        ("stated", _("等待第二人清点")),
        ("agreed", _("两人一致")),
        ("differs", _("两人不一致")),
        ("replaced", _("已重新清点")),
        ("sealed", _("已记入公告板")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="box_counts")
    counted = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=STATES, default="stated")
    first_by = models.CharField(max_length=80)
    first_role = models.CharField(max_length=24)
    first_at = models.DateTimeField()
    second_by = models.CharField(max_length=80, blank=True)
    second_role = models.CharField(max_length=24, blank=True)
    second_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session"],
                condition=models.Q(state__in=["stated", "agreed", "sealed"]),
                name="one_box_count_stands",
            )
        ]

    def __str__(self) -> str:
        return f"{self.counted} papers"


class ReissuedSerial(models.Model):
    """The serial of a reissued letter's sheet; from then on the earlier ones are void."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="reissued_serials")
    serial = models.CharField(max_length=12)
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.serial
