"""Messages to the owners: at opening, with three days left, at the result; once each."""

from collections import Counter
from datetime import timedelta

import pytest

from accounts.models import Message
from accounts.texts import TEXTS
from tests.factories import AGAINST, CLOSE, FOR, OPEN, frozen_vote
from voting import tasks
from voting.models import Session
from voting.services import telling

pytestmark = pytest.mark.django_db
THREE_DAYS_LEFT = CLOSE - timedelta(days=3)


def templates():
    return Counter(Message.objects.values_list("template", flat=True))


def test_once_and_only_with_a_phone(monkeypatch):
    monkeypatch.setattr(telling, "_PORTION", 2)
    vote = frozen_vote()
    assert tasks.tell_owners(OPEN - timedelta(seconds=1)) == 0
    tasks.tell_owners(OPEN)
    tasks.tell_owners(OPEN + timedelta(hours=1))
    assert templates() == {"session_opened": 5}  # 李二 has none
    vote.session.refresh_from_db()
    assert vote.session.opened_told_at == OPEN


@pytest.mark.parametrize(("paper", "template"), [(False, ""), (True, "_paper")])
def test_paper_is_named_where_it_is_taken(paper, template):
    vote = frozen_vote()
    Session.objects.update(paper=paper)
    assert telling.tell_opened(session_id=vote.session.pk, at=OPEN) == 5
    assert templates() == {f"session_opened{template}": 5}
    said = TEXTS[f"session_opened{template}"]
    assert ("纸质表决票" in said) is paper


def test_only_who_has_not_voted_is_reminded():
    vote = frozen_vote()
    vote.cast(1, [FOR])
    vote.cast(3, [AGAINST])
    tasks.tell_owners(THREE_DAYS_LEFT - timedelta(seconds=1))
    assert templates()["three_days_left"] == 0
    tasks.tell_owners(THREE_DAYS_LEFT)
    reminded = Message.objects.filter(template="three_days_left")
    assert reminded.count() == 3
    assert vote.party(1).phone not in {message.phone for message in reminded}


def test_an_interrupted_round_is_finished_without_repetition(monkeypatch):
    vote = frozen_vote()
    real, calls = telling.queue_message, []

    def stumble(**given):
        calls.append(given)
        if len(calls) == 3:
            raise OSError
        return real(**given)

    monkeypatch.setattr(telling, "_PORTION", 2)
    monkeypatch.setattr(telling, "queue_message", stumble)
    tasks.tell_owners(OPEN)
    assert templates() == {"session_opened": 1}  # party 2 has no phone; 3 and 4 were undone
    tasks.tell_owners(OPEN)
    assert templates() == {"session_opened": 5}
    vote.session.refresh_from_db()
    assert vote.session.opened_told_at == OPEN


def test_the_result_names_the_paper_and_no_choice(tmp_path, settings):
    settings.CA_DIR, settings.DEBUG = tmp_path / "ca", True
    vote = frozen_vote()
    for number in range(1, 7):
        vote.cast(number, [FOR])
    tasks.sweep_all(CLOSE)
    vote.session.refresh_from_db()
    message = Message.objects.filter(template="result_published").first()
    assert message.params["url"].endswith(f"/v/{vote.session.resolution.code}")
    assert templates()["result_published"] == 5
