"""The way in to the own fund by the phone on the roll."""

from django.db import models


class PhoneCheck(models.Model):
    """Six digits sent to a phone on the roll; the next ones take their place."""

    phone_hash = models.CharField(max_length=64, unique=True)
    code_hmac = models.CharField(max_length=64, blank=True)  # empty once used
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"phone check {self.pk}"
