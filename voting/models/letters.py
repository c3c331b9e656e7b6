"""Who makes a session's letters, where the platform does not."""

from django.db import models

from voting.models.sessions import Session


class LetterMaker(models.Model):
    """制信人: draws the tokens and prints the letters on an own computer (protocol §15).

    Without a row the platform makes them. Nothing here is secret or of a person: tokens never
    come here, of the codes the HMAC only.
    """

    session = models.OneToOneField(
        Session, on_delete=models.PROTECT, related_name="letter_maker"
    )
    name = models.CharField(max_length=40)  # public: on the manifest, letters, resolution
    kind = models.CharField(max_length=24)  # domain.letter_makers.KINDS
    serials = models.JSONField(default=list)  # of the paper ballots, by party from 1
    taken_at = models.DateTimeField(null=True)  # the roll was handed out, last time
    # What came back, empty until then.
    roll_sha = models.CharField(max_length=64, blank=True)  # R
    keys = models.JSONField(default=list)  # base64url, by party from 1
    codes = models.JSONField(default=list)  # HMAC, by party from 1
    fingerprint = models.CharField(max_length=24, blank=True)
    delivered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"letters of {self.session_id}"
