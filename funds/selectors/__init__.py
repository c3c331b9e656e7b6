"""Every read of the fund."""

from funds.selectors.balances import (
    account_balances,
    balances_of,
    ledger_totals,
    sub_balances,
)
from funds.selectors.checks import Disagreement, check_books
from funds.selectors.files import look_at_balances, look_at_statement
from funds.selectors.positions import Low, Standing, balances_in, standing_of, to_replenish

__all__ = [
    "Disagreement",
    "Low",
    "Standing",
    "account_balances",
    "balances_in",
    "balances_of",
    "check_books",
    "ledger_totals",
    "look_at_balances",
    "look_at_statement",
    "standing_of",
    "sub_balances",
    "to_replenish",
]
