"""kill -9 between decision, release and posting, and two officials at the same moment.

Whoever is killed loses nothing and does nothing twice: each step is one transaction, and the
state column says where the next one goes on.
"""

from __future__ import annotations

import os
import threading
from random import Random

import pytest
from django.conf import settings as django_settings
from django.db import connections

from core.errors import RuleViolation
from documents.authority import development_identity
from documents.models import Document
from funds.models import Instalment, InstalmentShare, ReleaseList, Voucher
from funds.selectors.balances import ledger_totals
from funds.selectors.checks import check_books
from funds.services.receipts import close_payment
from funds.services.releases import order_release
from funds.steps import Receipt
from tests.funds.books import deposit, make_account
from tests.funds.payments import ACCOUNT, DAY, ready
from tests.funds.repairs import AT, BUDGET, OFFICIAL, SECOND, approved_repair
from tests.voting.services.test_kills import run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("erasable"),
    pytest.mark.postgres,
]
ACTS = "tests.funds.services.killed_releases"
ORDERING = [
    ["funds.services.releases", "save_shares", "after"],
    ["funds.services.releases", "store_signed", "before"],
    ["funds.services.releases", "ReleaseList.objects.create", "after"],
    ["funds.services.releases", "note", "after"],
]
CLOSING = [
    ["funds.services.receipts", "keep_file", "after"],
    ["funds.services.receipts", "write_draft", "after"],
    ["funds.services.receipts", "note_owed", "after"],
    ["funds.services.receipts", "seal", "after"],
    ["funds.services.receipts", "settle_if_done", "before"],
]


@pytest.fixture(autouse=True)
def _signing(settings, tmp_path):
    settings.CA_DIR = tmp_path / "ca"
    development_identity(settings.CA_DIR)


def funded():
    account = make_account()
    deposit(account, 300_00)  # less than some shares: some is owed
    case = approved_repair(account=account)
    ready(case)
    return case


def order_now(case):
    return order_release(
        instalments=[case.application.instalments.get(position=1).pk], by=OFFICIAL, at=AT
    )


def close_now(case, by=SECOND):
    one = case.application.instalments.get(position=1)
    given = Receipt("S1", DAY, one.payable_fen, ACCOUNT)
    return close_payment(
        code=case.code, position=1, receipt=given, scan=b"%PDF-1.4\n%%EOF\n", by=by, at=AT
    )


def kill_ordering(case, strike):
    pk = case.application.instalments.get(position=1).pk
    run(f"{ACTS}.order", instalments=[pk], at=AT, strike=strike)


def kill_closing(case, strike):
    fen = case.application.instalments.get(position=1).payable_fen
    run(f"{ACTS}.close", code=case.code, fen=fen, account=ACCOUNT, at=AT, strike=strike)


def is_whole(case):
    """Ordered once, paid once, posted once, to the fen."""
    one = case.application.instalments.get(position=1)
    assert one.state == "paid"
    # One notice (划转通知), beside the publicity the repair began with.
    papers = Document.objects.exclude(kind="repair_publicity")
    assert ReleaseList.objects.count() == papers.count() == 1
    assert one.voucher.state == "sealed"
    assert Voucher.objects.filter(kind="release").count() == 1
    shares = list(InstalmentShare.objects.values_list("fen", "owed_fen"))
    assert sum(fen + owed for fen, owed in shares) == BUDGET * 2 // 5
    assert sum(fen for fen, _owed in shares) == one.payable_fen
    assert ledger_totals(case.account.special)["bank"] == 9 * 300_00 - one.payable_fen
    assert list(check_books()) == []


@pytest.mark.parametrize("strike", [ORDERING[2], None])
def test_a_worker_killed_between_decision_and_release_loses_nothing(strike):
    case = funded()
    if strike is None:  # after the commit
        run(f"{ACTS}.order_and_die", instalments=[Instalment.objects.get(position=1).pk], at=AT)
    else:
        kill_ordering(case, strike)
        assert Instalment.objects.get(position=1).state == "ready"
        assert not ReleaseList.objects.exists()
        order_now(case)
    with pytest.raises(RuleViolation):
        order_now(case)
    close_now(case)
    is_whole(case)


@pytest.mark.parametrize("strike", [CLOSING[3]])
def test_a_worker_killed_between_release_and_posting_posts_once(strike):
    case = funded()
    order_now(case)
    kill_closing(case, strike)
    assert Instalment.objects.get(position=1).state == "ordered"
    assert not Voucher.objects.filter(kind="release").exists()
    close_now(case)
    close_now(case)
    is_whole(case)


@pytest.mark.soak
@pytest.mark.skipif(not os.environ.get("YISHI_SOAK"), reason="long: make soak")
def test_killed_again_and_again():
    chance = Random(7)
    for _turn in range(int(os.environ.get("YISHI_KILLS", "20"))):
        case = funded()
        before = ReleaseList.objects.count(), Document.objects.count()
        for strike in chance.sample(ORDERING, 2):
            kill_ordering(case, strike)
        order_now(case)
        for strike in chance.sample(CLOSING, 3):
            kill_closing(case, strike)
        close_now(case)
        assert (ReleaseList.objects.count(), Document.objects.count()) == (
            before[0] + 1,
            before[1] + 1,
        )
        assert case.application.instalments.get(position=1).voucher.state == "sealed"
        assert list(check_books()) == []


def at_once(*acts):
    """Run these at the same moment, each on its own connection; what each came to."""
    barrier, found = threading.Barrier(len(acts)), [None] * len(acts)

    def go(number, act):
        barrier.wait()
        try:
            act()
            found[number] = "done"
        except RuleViolation as refused:
            found[number] = refused.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(found)


def test_two_officials_order_the_same_payment():
    case = funded()
    assert at_once(lambda: order_now(case), lambda: order_now(case)) == [
        "done",
        "instalment.state",
    ]
    close_now(case)
    is_whole(case)


def test_two_officials_enter_the_same_receipt():
    case = funded()
    order_now(case)
    third = SECOND._replace(actor="user:23")
    found = at_once(lambda: close_now(case), lambda: close_now(case, third))
    assert found == ["done", "receipt.twice"]
    is_whole(case)


def test_two_repairs_ordered_at_once_promise_no_fen_twice():
    account = make_account()
    deposit(account, 450_00)
    cases = [approved_repair(account=account) for _turn in range(2)]
    for case in cases:
        ready(case)
    acts = [lambda case=case: order_now(case) for case in cases]
    assert at_once(*acts) == ["done", "done"]
    taken: dict[int, int] = {}
    for sub, fen in InstalmentShare.objects.values_list("unit__sub", "fen"):
        taken[sub] = taken.get(sub, 0) + fen
    assert max(taken.values()) == 450_00
    numbers = ReleaseList.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]
    assert django_settings.CA_DIR
