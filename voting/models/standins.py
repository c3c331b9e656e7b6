"""Who stands in for an owner: agents by written authority, and assistants before witnesses."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from voting.models.ballots import Ballot
from voting.models.roll import Party
from voting.models.sessions import Session


class Proxy(models.Model):
    """委托: a party's agent. Made by the owner online, or on a paper that two people enter.

    Instructions are not kept: they would be choices, and lie before the close.
    """

    STATES = [
        ("waiting", _("等待第二人确认")),
        ("active", _("有效")),
        ("declined", _("没有通过")),
        ("revoked", _("已撤销")),
    ]
    POWERS = [("free", _("由受托人决定意见")), ("instructed", _("按委托人在纸上写的意见"))]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="proxies")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="proxies")
    state = models.CharField(max_length=10, choices=STATES)
    agent_name = EncryptedTextField()
    agent_phone = EncryptedTextField()
    agent_phone_hash = models.CharField(max_length=64)  # who the agent is, for the cap
    motions = models.JSONField()  # positions of the motions it is for
    powers = models.CharField(max_length=10, choices=POWERS)
    signed_on = models.DateField()
    until = models.DateField()
    # The paper, encrypted; empty where the owner made it online, or it went with the ballots.
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60, blank=True)
    content = SealedField(default=b"", purpose="voting.proxy.content")
    sha256 = models.CharField(max_length=64, blank=True)
    entered_by = models.CharField(max_length=80)  # "owner" online
    entered_role = models.CharField(max_length=24, blank=True)
    entered_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()  # why it was declined or revoked
    code_hmac = models.CharField(max_length=64, blank=True)  # the agent's code
    check_hmac = models.CharField(max_length=64, blank=True)  # six digits sent to the agent
    check_sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["session", "agent_phone_hash"])]
        constraints = [
            models.UniqueConstraint(
                fields=["party"],
                condition=models.Q(state__in=["waiting", "active"]),
                name="one_proxy_per_party",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "active", "declined", "revoked"]),
                name="proxy_state_known",
            ),
            models.UniqueConstraint(
                fields=["code_hmac"],
                condition=~models.Q(code_hmac=""),
                name="one_proxy_per_code",
            ),
        ]

    def __str__(self) -> str:
        return f"proxy {self.pk}"


class Assistance(models.Model):
    """代操作: somebody else operates the device, before two witnesses; good for one ballot."""

    METHODS = [("home", _("在业主家里或者办公室")), ("phone", _("电话里"))]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="assistances")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="assistances")
    method = models.CharField(max_length=8, choices=METHODS)
    reference = models.CharField(max_length=12, unique=True)  # read out, on the record sheet
    recording = EncryptedTextField()  # number of the telephone recording
    witnesses = EncryptedTextField()  # JSON list of two names
    started_by = models.CharField(max_length=80)
    started_role = models.CharField(max_length=24)
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"assistance {self.reference}"


class HelpedBallot(models.Model):
    """A ballot that the owner did not cast alone; never says how."""

    ballot = models.OneToOneField(
        Ballot, on_delete=models.PROTECT, primary_key=True, related_name="helped"
    )
    proxy = models.ForeignKey(
        Proxy, null=True, on_delete=models.PROTECT, related_name="ballots"
    )
    assistance = models.OneToOneField(
        Assistance, null=True, on_delete=models.PROTECT, related_name="helped"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(proxy__isnull=True) ^ models.Q(assistance__isnull=True),
                name="helped_by_one",
            )
        ]

    def __str__(self) -> str:
        return f"helped {self.pk}"


class Transfer(models.Model):
    """A party's units were sold before it voted: proposed with the title, confirmed by another.

    `was`: JSON of what stood on the party's row before, encrypted.
    """

    STATES = [
        ("proposed", _("等待第二人确认")),
        ("confirmed", _("已改发新业主")),
        ("declined", _("没有同意")),
    ]

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="transfers")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="transfers")
    state = models.CharField(max_length=10, choices=STATES, default="proposed")
    document_name = EncryptedTextField()
    content_type = models.CharField(max_length=60)
    content = SealedField(
        purpose="voting.transfer.content"
    )  # empty once it went with the ballots
    sha256 = models.CharField(max_length=64)
    was = EncryptedTextField()
    proposed_by = models.CharField(max_length=80)
    proposed_role = models.CharField(max_length=24)
    proposed_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_role = models.CharField(max_length=24, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = EncryptedTextField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["party"],
                condition=models.Q(state="proposed"),
                name="one_transfer_waits_per_party",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["proposed", "confirmed", "declined"]),
                name="transfer_state_known",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer {self.pk}"
