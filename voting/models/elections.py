"""Elections and their candidates. What is public of a candidate, is so by separate consent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.fields import EncryptedTextField, SealedField
from registry.models import Unit
from voting.models.sessions import Attachment, Motion


class Election(models.Model):
    """选举: the terms of a motion that fills seats, and how its candidates' order is drawn."""

    RANKINGS = [
        ("", _("没有规则：超过应选人数时系统不排名次")),
        ("heads", _("同意的人数多的在前")),
        ("area", _("同意的面积多的在前")),
        ("heads_then_area", _("先比人数，人数相同再比面积")),
        ("area_then_heads", _("先比面积，面积相同再比人数")),
        ("shares", _("人数占比与面积占比相加，多的在前")),
    ]

    motion = models.OneToOneField(Motion, on_delete=models.CASCADE, related_name="election")
    seats = models.PositiveSmallIntegerField()
    alternates = models.PositiveSmallIntegerField(default=0)
    ranking = models.CharField(max_length=16, choices=RANKINGS, blank=True)
    ranking_clause = models.TextField(blank=True)  # of the estate's own rules, word for word
    minimum = models.PositiveSmallIntegerField(null=True, blank=True)
    minimum_clause = models.TextField(blank=True)
    by_election = models.BooleanField(
        default=False
    )  # 补选: fills seats of a committee that stands
    # The server's half of the lot, new whenever the list of candidates changes.
    draw_secret = EncryptedTextField()  # hex
    draw_commitment = models.CharField(max_length=64)
    draw_words = models.CharField(max_length=60, blank=True)
    drawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ranking="") | ~models.Q(ranking_clause=""),
                name="ranking_cites_its_rule",
            )
        ]

    def __str__(self) -> str:
        return f"election of {self.seats}"


class Candidate(models.Model):
    """候选人. `place` is the number on the ballot, once drawn."""

    election = models.ForeignKey(Election, on_delete=models.CASCADE, related_name="candidates")
    place = models.PositiveSmallIntegerField(null=True)
    name = EncryptedTextField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT)
    room = models.CharField(max_length=80)
    statement = models.TextField(blank=True)
    photo = models.OneToOneField(Attachment, null=True, on_delete=models.SET_NULL)
    conditions = models.JSONField(default=list)  # places in domain.candidates.CONDITIONS
    consent_at = models.DateTimeField()  # when the signed consent was recorded, and by whom
    consent_by = models.CharField(max_length=80)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal = SealedField(default=b"", purpose="voting.candidate.withdrawal")
    withdrawal_type = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["election", "place"], name="one_candidate_per_place"
            ),
        ]

    def __str__(self) -> str:
        return f"candidate {self.pk}"
