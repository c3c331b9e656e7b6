"""A committee on its way: what was reported of each stage, and what departments replied."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from committees.models.bodies import Committee
from committees.models.evidence import Evidence
from registry.fields import EncryptedTextField
from registry.models import Authority, Estate
from voting.models import Session


class Formation(models.Model):
    """组建或者换届 of one estate, from the day somebody took it up to its end."""

    KINDS = [
        ("owners_committee", _("组建业主委员会")),
        ("management_committee", _("组建物业管理委员会")),
        ("renewal", _("业主委员会换届")),
    ]
    ENDINGS = [("finished", _("已办完")), ("given_up", _("已停办"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="formations")
    kind = models.CharField(max_length=20, choices=KINDS)
    seats = models.PositiveSmallIntegerField(null=True)  # as planned
    opened_on = models.DateField()
    opened_by = models.CharField(max_length=80)
    opened_at = models.DateTimeField()
    # What came of it: written when the stage "elected" is reached.
    committee = models.ForeignKey(
        Committee, null=True, on_delete=models.PROTECT, related_name="formations"
    )
    # The meeting of owners that elected it, where it was held here.
    session = models.ForeignKey(Session, null=True, on_delete=models.PROTECT, related_name="+")
    # The last day of the stage that comes next, kept so that what is late is asked of the
    # database; None: no period runs.
    due_on = models.DateField(null=True)
    ending = models.CharField(max_length=10, choices=ENDINGS, blank=True)
    ended_on = models.DateField(null=True)
    ended_why = EncryptedTextField()
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ending", "due_on"], name="late_formations")]
        constraints = [
            models.UniqueConstraint(
                fields=["estate"],
                condition=models.Q(ending=""),
                name="one_open_formation",
            ),
            models.CheckConstraint(
                condition=models.Q(ending="", ended_on__isnull=True)
                | models.Q(ending__in=["finished", "given_up"], ended_on__isnull=False),
                name="an_ended_formation_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"formation {self.pk}"


class Reached(models.Model):
    """A stage as it was reported; of each stage the newest stands.

    `day` null: it was taken back. `reason`: why the one before was not right.
    """

    formation = models.ForeignKey(Formation, on_delete=models.PROTECT, related_name="reached")
    stage = models.CharField(max_length=14)
    day = models.DateField(null=True)
    note = EncryptedTextField()  # what proves it: title and number of a paper, where it lies
    evidence = models.ForeignKey(
        Evidence, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = EncryptedTextField()
    # Why one goes on although a department objects; nullable, so that SQLite adds the column
    # without making the table anew, which would lose its triggers.
    despite = EncryptedTextField(null=True, default=None)
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["formation", "stage", "-id"], name="newest_reached")]

    def __str__(self) -> str:
        return f"{self.stage} of formation {self.formation_id}"


class Inquiry(models.Model):
    """联审: one department that was asked about the candidates."""

    formation = models.ForeignKey(Formation, on_delete=models.PROTECT, related_name="inquiries")
    department = models.CharField(max_length=40)
    asked_on = models.DateField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["formation", "department"], name="one_inquiry_per_department"
            )
        ]

    def __str__(self) -> str:
        return f"inquiry {self.pk}"


class InquiryReply(models.Model):
    """What a department replied; the newest stands. Reasons name people: encrypted."""

    ANSWERS = [
        ("none", _("无异议")),
        ("objects", _("有异议")),
        ("recalled", _("不再征求")),
    ]

    inquiry = models.ForeignKey(Inquiry, on_delete=models.PROTECT, related_name="replies")
    answer = models.CharField(max_length=10, choices=ANSWERS)
    day = models.DateField()
    text = EncryptedTextField()
    evidence = models.ForeignKey(
        Evidence, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = EncryptedTextField()  # of a correction
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"reply to inquiry {self.inquiry_id}"


class Nominee(models.Model):
    """A candidate of a list kept by hand, where the election is not held here."""

    formation = models.ForeignKey(Formation, on_delete=models.PROTECT, related_name="nominees")
    name = EncryptedTextField()
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    withdrawn_on = models.DateField(null=True)
    withdrawn_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"nominee {self.pk}"


class Urge(models.Model):
    """催办: an authority reminds of a formation past its deadline; once a day at most."""

    formation = models.ForeignKey(Formation, on_delete=models.PROTECT, related_name="urges")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    stage = models.CharField(max_length=14)  # that it waits for
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["formation", "authority", "day"], name="one_urge_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"urge of formation {self.formation_id}"
