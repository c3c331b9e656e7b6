"""What was uploaded and only looked at does not stay."""

from datetime import timedelta

import pytest

from funds.models import FundFile
from funds.tasks import SWEEPERS, drop_forgotten_files
from tests.funds.books import AT, make_account
from tests.funds.services.test_vouchers import drafted, rows, take

pytestmark = pytest.mark.django_db


def test_a_forgotten_file_is_erased_after_three_days_a_confirmed_one_stays():
    account = make_account()
    waiting, done = take(account, rows("1")), take(account, rows("2"))
    drafted(done)
    assert drop_forgotten_files(AT + timedelta(days=3, seconds=-1)) == 0
    assert drop_forgotten_files(AT + timedelta(days=3)) == 1
    assert drop_forgotten_files(AT + timedelta(days=3)) == 0
    waiting.refresh_from_db()
    assert (waiting.state, bytes(waiting.content)) == ("dropped", b"")
    assert FundFile.objects.get(pk=done.pk).state == "confirmed"
    assert "fund_files" in {sweeper.name for sweeper in SWEEPERS}
