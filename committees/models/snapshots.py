"""How things stood as a month ended: never changed, whatever is corrected later."""

from django.db import models

from registry.models import Authority, Division, Estate


class Snapshot(models.Model):
    """One month's end, for every place of the platform."""

    day = models.DateField(unique=True)  # the last of a month
    taken_at = models.DateTimeField()

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)


class SnapshotEstate(models.Model):
    """An estate as it stood, and who answered for it then."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="estates")
    estate = models.ForeignKey(Estate, on_delete=models.PROTECT, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="+")
    formed = models.CharField(max_length=10, blank=True)  # a kind of Committee, "" for none

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "estate"], name="one_row_per_estate_and_month"
            )
        ]

    def __str__(self) -> str:
        return f"estate {self.estate_id} in snapshot {self.snapshot_id}"


class SnapshotCount(models.Model):
    """The rows of one authority added up, for pages that show a year."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="counts")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+")
    total = models.PositiveIntegerField()
    owners = models.PositiveIntegerField()
    management = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "authority"], name="one_count_per_authority_and_month"
            )
        ]

    def __str__(self) -> str:
        return f"authority {self.authority_id} in snapshot {self.snapshot_id}"
