"""The way in to the own fund by the phone on the roll."""

from django.db import models


class PhoneCheck(models.Model):
    """Six digits sent to a phone on the roll, or to the one that is to take its place; the next
    ones take theirs."""

    # Of the number; for another number of both (`services.entering`).
    phone_hash = models.CharField(max_length=64, unique=True)
    # Empty once used, and for a number that is on no roll.
    code_hmac = models.CharField(max_length=64, blank=True)
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"phone check {self.pk}"
