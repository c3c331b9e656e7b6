"""Sessions and what they vote on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Job
from documents.models import Document
from logbook.models import Log
from registry.models import Estate


class Session(models.Model):
    """业主大会会议, or a 共同决定 of the owners of some buildings or entrances."""

    ORGANISERS = [
        ("preparatory_group", _("筹备组")),
        ("renewal_group", _("换届小组")),
        ("owners_committee", _("业主委员会")),
        ("management_committee", _("物业管理委员会")),
        ("residents_committee", _("居民委员会")),
        ("street_office", _("街道办事处")),
    ]
    # Opening and closing happen by the clock; "closed" is written by whoever looks first.
    STATES = [
        ("draft", _("起草中")),
        ("frozen", _("已公告")),
        ("closed", _("表决已截止")),
        ("counted", _("已计票")),
        ("resolved", _("已出决议")),
        ("cancelled", _("已取消")),
    ]
    MEETINGS = [
        ("regular", _("定期会议")),
        ("extraordinary", _("临时会议")),
        ("first", _("首次会议")),
    ]
    POLICIES = [("secret", _("只公布合计")), ("named", _("记名"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="sessions")
    code = models.CharField(max_length=16, unique=True)  # public
    title = models.CharField(max_length=120)
    meeting = models.CharField(max_length=14, choices=MEETINGS, default="regular")
    organiser_kind = models.CharField(max_length=24, choices=ORGANISERS)
    organiser = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=30)
    contact_place = models.CharField(max_length=80, blank=True)
    # Empty: the whole estate. Else [{"building": id, "entrance": text or null}, …]
    scope = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=STATES, default="draft")
    suite = models.CharField(max_length=16, default="P256-SHA256")
    opening_policy = models.CharField(max_length=8, choices=POLICIES, default="secret")
    revote = models.BooleanField(default=True)
    # The estate's own rule that deems the silent to have voted, word for word; empty: none.
    silence_clause = models.TextField(blank=True)
    silence_page = models.CharField(max_length=40, blank=True)
    paper = models.BooleanField(default=False)  # 纸质票: the letter's tear-off ballot is taken
    # 演练: the whole way is tried; nothing it decides holds, and every paper says so
    rehearsal = models.BooleanField(default=False)
    allow_document_check = models.BooleanField(default=True)  # last six digits and family name
    notice_on = models.DateField(null=True)  # day the notice was posted
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    profile = models.JSONField(default=dict)  # frozen values, see registry.RuleProfile
    profile_code = models.CharField(max_length=40, blank=True)
    # From freezing on:
    frozen_at = models.DateTimeField(null=True)
    manifest = models.BinaryField(default=b"")  # canonical bytes
    manifest_hash = models.CharField(max_length=64, blank=True)
    board = models.OneToOneField(Log, null=True, on_delete=models.PROTECT)
    letters_job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL)
    resolution = models.OneToOneField(Document, null=True, on_delete=models.PROTECT)
    # The notice for the wall (表决公告); null after the announcement: still to be issued.
    notice = models.OneToOneField(
        Document, null=True, on_delete=models.PROTECT, related_name="announces"
    )
    opened_told_at = models.DateTimeField(null=True)  # owners were sent a message
    reminded_at = models.DateTimeField(null=True)
    result_told_at = models.DateTimeField(null=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["draft", "frozen", "closed", "counted", "resolved", "cancelled"]
                ),
                name="session_state_known",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Motion(models.Model):
    """表决事项: one question."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="motions")
    position = models.PositiveSmallIntegerField()  # from 1
    matter = models.PositiveSmallIntegerField()  # 1-9, Civil Code 278
    title = models.CharField(max_length=120)
    text = models.TextField()  # the question in plain words
    # Optional money table supplied by the proposer; voting does no arithmetic with it.
    cost_fen = models.BigIntegerField(null=True, blank=True)
    # What made this motion, opaque here; "": typed by hand. Only its maker changes it.
    proposal = models.CharField(max_length=40, blank=True)
    # Takes effect only if these pass too; what a first assembly adds is not stored here.
    needs = models.ManyToManyField("self", symmetrical=False, related_name="needed_by")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "position"], name="one_motion_per_position"
            ),
            models.CheckConstraint(
                condition=models.Q(matter__range=(1, 9)), name="motion_matter_known"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Attachment(models.Model):
    """Material of a motion, immutable once stored."""

    motion = models.ForeignKey(Motion, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=60)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.name
