"""What another system says the sub-accounts hold: with source and date, never changed."""

from django.db import models

from funds.models.accounts import SpecialAccount, SubAccount


class Snapshot(models.Model):
    """Balances of a special account's sub-accounts as of a day (截至)."""

    special = models.ForeignKey(
        SpecialAccount, on_delete=models.PROTECT, related_name="snapshots"
    )
    as_of = models.DateField()
    source = models.CharField(max_length=120)
    file_name = models.CharField(max_length=200)
    file_sha256 = models.CharField(max_length=64)
    total_fen = models.BigIntegerField()
    imported_by = models.CharField(max_length=80)
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["special", "as_of"], name="one_snapshot_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.as_of}"


class SnapshotLine(models.Model):
    """One sub-account's balance; `reason` says why it differs from the snapshot before."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="lines")
    sub = models.ForeignKey(SubAccount, on_delete=models.PROTECT, related_name="snapshot_lines")
    fen = models.BigIntegerField()
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sub", "snapshot"], name="one_line_per_sub_account"
            ),
            models.CheckConstraint(
                condition=models.Q(fen__gte=0), name="snapshot_balance_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fen}"
