"""Sessions, motions, the frozen roll, credentials and recorded ballots.

The board (a `logbook.Log`) is the record; the rows here are what is needed to run a
session and to find entries on the board. Nothing here holds a choice.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Job
from documents.models import Document
from logbook.models import Log
from registry.fields import EncryptedTextField
from registry.models import Authority, Estate, Unit


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
    POLICIES = [("secret", _("只公布合计")), ("named", _("记名"))]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="sessions")
    code = models.CharField(max_length=16, unique=True)  # public
    title = models.CharField(max_length=120)
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


class Party(models.Model):
    """A voting party (one head) on the frozen roll. `area` in 0.01 m²."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="parties")
    number = models.PositiveIntegerField()  # 1…N
    area = models.BigIntegerField()
    why = models.CharField(max_length=20)  # one_unit | several_units | joint | developer
    is_developer = models.BooleanField(default=False)
    name = EncryptedTextField()  # as printed masked: 王**
    phone = EncryptedTextField()  # of the voter; may be empty
    document_tails = (
        EncryptedTextField()
    )  # JSON list of [family name, last six]; for the second check
    salt = EncryptedTextField()  # hex; commitment = H(lp("YISHI-1-party", salt, text))
    commitment = models.CharField(max_length=64)
    key = models.CharField(max_length=90)  # the letter's public key on the roll, base64url
    serial = models.CharField(max_length=12)  # of the tear-off paper ballot
    # The running state of this party, written under its row lock.
    current_key = models.CharField(max_length=90)
    ballots = models.PositiveIntegerField(default=0)
    last_digest = models.CharField(max_length=64, default="0" * 64)
    last_seq = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["session", "number"], name="one_party_per_number"),
            models.UniqueConstraint(fields=["session", "key"], name="one_party_per_key"),
            models.UniqueConstraint(fields=["session", "serial"], name="one_party_per_serial"),
            models.CheckConstraint(condition=models.Q(area__gt=0), name="party_area_positive"),
        ]

    def __str__(self) -> str:
        return f"party {self.number}"


class PartyUnit(models.Model):
    """A unit of a party, as frozen: later changes of the registry do not reach here."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="units")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    label = models.CharField(max_length=80)
    building = models.CharField(max_length=40)
    entrance = models.CharField(max_length=20, blank=True)
    floor = models.SmallIntegerField(null=True)
    area = models.BigIntegerField()

    def __str__(self) -> str:
        return self.label


class MotionShare(models.Model):
    """What a party would pay if the motion passes, in fen; supplied by the proposer."""

    motion = models.ForeignKey(Motion, on_delete=models.PROTECT, related_name="shares")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="shares")
    fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["motion", "party"], name="one_share_per_party")
        ]

    def __str__(self) -> str:
        return f"{self.fen}"


class LetterCode(models.Model):
    """One issue of a letter's 12-character code, as HMAC under a key outside the database."""

    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="codes")
    code_hmac = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)  # reissued since

    def __str__(self) -> str:
        return f"letter of party {self.party_id}"


class CheckCode(models.Model):
    """The six digits last sent to a party's phone for the second check, as HMAC."""

    party = models.OneToOneField(Party, on_delete=models.CASCADE, related_name="check_code")
    code_hmac = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"check code of party {self.party_id}"


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
    content = models.BinaryField()  # encrypted, see voting.services.rulings
    sha256 = models.CharField(max_length=64)  # of the document itself
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


class Witness(models.Model):
    """见证: an authority's key for countersigning checkpoints; its last row is in force."""

    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="witnesses")
    key = models.CharField(max_length=43, unique=True)  # Ed25519, public, base64url
    registered_by = models.CharField(max_length=80)
    registered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"witness of authority {self.authority_id}"


class Witnessing(models.Model):
    """Which authorities a draft asks to witness its board; the manifest freezes their keys."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="witnessing")
    asked = models.ManyToManyField(Authority)
    needed = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.needed} needed"


class TrusteeKey(models.Model):
    """The platform's own trustee key, encrypted at rest, with the day it must be destroyed."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="trustee_keys")
    index = models.PositiveSmallIntegerField()
    secret = EncryptedTextField()  # hex
    destroy_on = models.DateField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "index"], name="one_key_per_trustee")
        ]

    def __str__(self) -> str:
        return f"trustee {self.index}"


class KeyCeremony(models.Model):
    """The trustees of a session and where they stand; without one the platform has the key."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="ceremony")
    threshold = models.PositiveSmallIntegerField()  # how many open
    terms = models.BinaryField()  # canonical bytes of the transcript before its first round
    agreed_at = models.DateTimeField(null=True)  # all read the same fingerprint aloud
    tallied_at = models.DateTimeField(null=True)  # from then on shares are awaited

    def __str__(self) -> str:
        return f"{self.threshold} open"


class KeyHolder(models.Model):
    """开票钥匙保管人: a trustee, with the canonical bytes of what came from them."""

    ceremony = models.ForeignKey(KeyCeremony, on_delete=models.CASCADE, related_name="holders")
    index = models.PositiveSmallIntegerField()  # 1…n
    name = models.CharField(max_length=20)  # public: on the manifest, letters, resolution
    belongs = models.CharField(max_length=24)  # domain.keyholders.BELONGS
    certificate = models.BinaryField(default=b"")
    reveal = models.BinaryField(default=b"")
    confirmation = models.BinaryField(default=b"")

    class Meta:
        ordering = ["index"]
        constraints = [
            models.UniqueConstraint(fields=["ceremony", "index"], name="one_holder_per_index")
        ]

    def __str__(self) -> str:
        return f"trustee {self.index}"
