"""The frozen roll: parties, their units, shares and letter codes."""

from django.db import models

from accounts.phones import mobile_of
from registry.fields import EncryptedTextField
from registry.models import Unit
from voting.models.sessions import Motion, Session


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

    @property
    def mobile(self) -> str:
        """The number that gets the code of the second check; a roll may hold landlines."""
        return mobile_of(self.phone)


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
