"""The append-only log: logs, their entries, and signed checkpoints.

The database itself refuses to change or delete an entry (triggers in the migrations).
"""

from django.db import models


class Log(models.Model):
    """One chain of entries: a session's board, or the acts of one estate or of the platform."""

    name = models.CharField(max_length=80, unique=True)
    hash_name = models.CharField(max_length=10, default="sha256")
    # Derived from the entries, kept to append without reading them; written under the lock.
    size = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="0" * 64)
    last_time = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One line of a log, as its exact canonical bytes."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    line = models.BinaryField()  # empty once destroyed, see Erasure
    leaf_hash = models.BinaryField(max_length=32)  # H(0x00 ‖ line), RFC 6962
    recorded_at = models.DateTimeField()  # exact, never published

    class Meta:
        constraints = [models.UniqueConstraint(fields=["log", "seq"], name="one_entry_per_seq")]
        # The one close, tally or result of a board is found without reading its ballots.
        indexes = [models.Index(fields=["log", "kind"], name="entries_by_kind")]
        ordering = ["log_id", "seq"]

    def __str__(self) -> str:
        return f"{self.log_id}:{self.seq} {self.kind}"


class Erasure(models.Model):
    """销毁: a board's lines with ballots in them were emptied when their time was over.

    Seq, kind, leaf hash and instant of each stay, so every root, inclusion and consistency
    proof stays. The database lets such a line be emptied only where this row is (triggers).
    """

    log = models.OneToOneField(Log, on_delete=models.PROTECT, related_name="erasure")
    lines = models.BigIntegerField()  # how many were emptied
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.lines} lines of log {self.log_id}"


class Checkpoint(models.Model):
    """A signed head of a log's Merkle tree: the exact canonical line."""

    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="checkpoints")
    size = models.BigIntegerField()
    time = models.DateTimeField()
    line = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["log", "size", "time"], name="one_checkpoint_per_size_and_time"
            )
        ]
        ordering = ["log_id", "size", "time"]

    def __str__(self) -> str:
        return f"{self.log_id}@{self.size}"


class Cosignature(models.Model):
    """A witness's signature of a checkpoint, base64url as its key. The checkpoint stays."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="cosignatures"
    )
    key = models.CharField(max_length=43)
    signature = models.CharField(max_length=86)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "key"], name="one_cosignature_per_key"
            )
        ]
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} by {self.key[:8]}"
