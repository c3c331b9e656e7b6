"""Committees as they stand: one in office at an estate, whichever kind."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models import Estate


class Committee(models.Model):
    """业主委员会 or 物业管理委员会, from its formation to its end.

    Everything is dated twice: the day it was so, and the moment it was recorded, so that what
    was known on any day can be told again.
    """

    KINDS = [("owners", _("业主委员会")), ("management", _("物业管理委员会"))]
    SOURCES = [
        ("register", _("台账填报")),  # that there is one, and nothing else
        ("filed", _("备案材料")),
        ("election", _("本系统选举")),
    ]

    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="committees")
    kind = models.CharField(max_length=10, choices=KINDS)
    source = models.CharField(max_length=10, choices=SOURCES)
    # Of a committee known from the register alone: the day of the register that first had it.
    formed_on = models.DateField()
    seats = models.PositiveSmallIntegerField(null=True)
    last_day = models.DateField(null=True)  # of its term
    recorded_by = models.CharField(max_length=80)
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)
    ended_why = models.CharField(max_length=200, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["estate"],
                condition=models.Q(ended_on__isnull=True),
                name="one_committee_in_office",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on__isnull=True)
                | models.Q(ended_on__gte=models.F("formed_on")),
                name="a_committee_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"committee {self.pk}"
