"""Every read of the fund."""

from funds.selectors.balances import (
    account_balances,
    balances_of,
    ledger_totals,
    sub_balances,
    to_replenish,
)
from funds.selectors.checks import Disagreement, check_books

__all__ = [
    "Disagreement",
    "account_balances",
    "balances_of",
    "check_books",
    "ledger_totals",
    "sub_balances",
    "to_replenish",
]
