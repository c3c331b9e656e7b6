"""Who can open the count, and who witnesses the board."""

from django.db import models

from registry.fields import EncryptedTextField
from registry.models import Authority
from voting.models.sessions import Session


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
