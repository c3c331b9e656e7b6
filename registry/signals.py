"""What the registry tells those above it, which it does not know by name."""

from django.dispatch import Signal

# Sent with `estate` and `at` inside the transaction that writes a file into its roll; who hears
# it may refuse by RuleViolation, and nothing is written.
roll_comes = Signal()
