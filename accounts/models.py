"""Users, role grants, the message outbox, attempt counters and jobs."""

from datetime import date

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.incidents import Incident as Incident  # a module of their own
from accounts.incidents import IncidentNotice as IncidentNotice
from accounts.incidents import IncidentStep as IncidentStep
from registry.fields import EncryptedTextField
from registry.models import Authority, Estate


class User(AbstractUser):
    """A person who signs in. Owners who vote by letter need no account."""

    display_name = models.CharField(max_length=40, blank=True)
    phone = EncryptedTextField()
    phone_hash = models.CharField(max_length=64, blank=True, db_index=True)
    phone_verified = models.BooleanField(default=False)

    class Meta(AbstractUser.Meta):
        # A sign-in code must lead to one person.
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash"],
                condition=~models.Q(phone_hash=""),
                name="one_user_per_phone",
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.username


class GrantQuerySet(models.QuerySet["RoleGrant"]):
    """Grants, and which of them hold."""

    def standing(self, day: date) -> "GrantQuerySet":
        """Those in force on a day: begun, not over, and not waiting for a second person."""
        until = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day)
        return self.filter(until, waits=False, valid_from__lte=day)


class RoleGrant(models.Model):
    """A role granted to a user for one estate or for one authority and all below it."""

    ROLES = [
        ("organiser", _("组织者（业委会、筹备组等）")),
        ("supervisor", _("监票人")),
        ("residents_committee", _("居委会")),
        ("street_office", _("街道")),
        ("bureau", _("住建局")),
        ("property_manager", _("物业服务企业")),
        ("operator", _("平台管理员")),
        ("auditor", _("审计人员")),
    ]

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=24, choices=ROLES)
    estate = models.ForeignKey(Estate, null=True, blank=True, on_delete=models.PROTECT)
    authority = models.ForeignKey(Authority, null=True, blank=True, on_delete=models.PROTECT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    granted_by = models.CharField(max_length=80)
    # A dangerous one gives nothing until another person has confirmed it.
    waits = models.BooleanField(default=False)
    confirmed_by = models.CharField(max_length=80, blank=True)
    # 代理: whose role this one stands in for; it ends with that one.
    deputy_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="deputies"
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=models.F("granted_by")),
                name="grant_confirmed_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(estate__isnull=True) | models.Q(authority__isnull=True),
                name="grant_for_one_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of user {self.user_id}"


class SignIn(models.Model):
    """One signed-in browser, so that its owner can see it and end it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    # The session's key, by which the session store is told to forget it; empty once ended.
    # Encrypted: with keys in the open, whoever reads a copy of the database walks in.
    session = EncryptedTextField()
    device = models.CharField(max_length=60)  # "Chrome · Windows", never the whole header
    address = models.CharField(max_length=45, blank=True)  # its first half only
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="sign_ins_of_user")]

    def __str__(self) -> str:
        return f"sign-in {self.pk} of user {self.user_id}"


class Reset(models.Model):
    """An operator asks that a person's password and factors be forgotten; another confirms.

    Of an account that was closed: that it is opened again, without any role.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="resets")
    # Of the number that takes the place of the one on record; empty: that one stays. Whoever
    # confirms types it again, so that the number itself waits nowhere.
    phone_hash = models.CharField(max_length=64, blank=True, default="")
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    done = models.BooleanField(default=False)  # confirmed; settled and not done: withdrawn

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(settled_at__isnull=True),
                name="one_open_reset",
            )
        ]

    def __str__(self) -> str:
        return f"reset {self.pk} of user {self.user_id}"


class Looking(models.Model):
    """An operator saw a person's pages, and why; the person can read it. Never changed but for
    its end."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="looked_at")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="looked")
    reason = models.CharField(max_length=200)
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(user=models.F("by")), name="nobody_looks_at_oneself"
            )
        ]

    def __str__(self) -> str:
        return f"looking {self.pk}"


class ClosedDoor(models.Model):
    """A signed-in person asked for a thing of a place that is not theirs, or that is not there
    (both look alike to them): how often, of one kind of page, on one day."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="closed_doors")
    page = models.CharField(max_length=60)  # the name of the address, without its numbers
    day = models.DateField()
    count = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-day", "-count", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "page", "day"], name="one_closed_door_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.page} shut to user {self.user_id}"


class Message(models.Model):
    """An SMS waiting in the outbox; the state column is the queue."""

    STATES = [("queued", _("待发送")), ("sent", _("已发送")), ("failed", _("失败"))]

    key = models.CharField(max_length=120, unique=True)  # idempotency: same event, same key
    phone = EncryptedTextField()
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)  # never a token, never a choice
    state = models.CharField(max_length=8, choices=STATES, default="queued")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.template} ({self.state})"


class Attempts(models.Model):
    """Tries under one key (a letter, an address), for limits that hold across processes."""

    key = models.CharField(max_length=80, unique=True)
    count = models.PositiveIntegerField(default=0)
    window_started_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class Job(models.Model):
    """Long work with a progress bar that survives leaving the page."""

    STATES = [
        ("queued", _("排队中")),
        ("running", _("进行中")),
        ("done", _("已完成")),
        ("failed", _("失败")),
    ]

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)  # "session:12"
    estate = models.ForeignKey(Estate, null=True, on_delete=models.PROTECT)
    actor = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=STATES, default="queued")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict)
    heartbeat_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.state})"


class LegalHold(models.Model):
    """依法保全: what it names is not deleted while it is in force, however old it is.

    One estate with all of it, one session, or (neither) whatever the platform keeps. A row
    stays when it is lifted.
    """

    estate = models.ForeignKey(
        Estate, null=True, on_delete=models.PROTECT, related_name="legal_holds"
    )
    session_code = models.CharField(max_length=12, blank=True)
    reason = EncryptedTextField()  # court or authority, number of its letter
    since = models.DateField()
    until = models.DateField(null=True)  # the last day; None: until it is lifted
    set_by = models.CharField(max_length=80)
    set_at = models.DateTimeField()
    lift_reason = EncryptedTextField()
    lifted_by = models.CharField(max_length=80, blank=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(session_code="") | models.Q(estate__isnull=False),
                name="hold_of_a_session_has_its_estate",
            )
        ]

    def __str__(self) -> str:
        return f"hold {self.pk}"
