"""抽签: owners drawn to keep keys of a session."""

from django.db import models

from registry.fields import EncryptedTextField
from voting.models.sessions import Session


class KeyLot(models.Model):
    """A list fixed before its seed is known; a row is drawn once and then stays (triggers)."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="lots")
    rooms = EncryptedTextField()  # JSON list of texts, in order of party
    list_sha256 = models.CharField(max_length=64)
    source = models.CharField(max_length=80)  # where the seed will come from
    opened_at = models.DateTimeField()
    seed = models.CharField(max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"lot {self.list_sha256[:8]}"
