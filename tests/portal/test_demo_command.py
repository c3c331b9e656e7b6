"""What `manage.py demo` leaves for the reader of its terminal."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.gateways import MemoryGateway
from accounts.models import Message
from portal.management.commands import demo

pytestmark = pytest.mark.django_db


def test_no_message_of_the_story_is_left_for_the_terminal():
    """A day's sweep sends 200; the open vote alone has more."""
    then = timezone.now() - timedelta(days=2)
    Message.objects.bulk_create(
        Message(
            key=f"story:{number}",
            phone=f"1000000{number:04}",
            template="ballot_recorded",
            params={
                "estate": "青枫苑",
                "title": "会议",
                "phone": "0556-0000000",
                "url": "http://127.0.0.1:8000/r/7K4M2QXH9T3W/not-mine",
            },
            not_before=then,
            created_at=then,
        )
        for number in range(450)
    )
    MemoryGateway.sent.clear()
    demo._send_the_rest()
    assert not Message.objects.filter(state="queued").exists()
    assert len(MemoryGateway.sent) == 450


def test_a_second_demo_beside_a_running_one_is_refused(settings, tmp_path):
    settings.DEBUG, settings.VAR_DIR = True, tmp_path
    with demo._only_one(), pytest.raises(CommandError, match="Ctrl-C"):
        call_command("demo", no_serve=True)
    assert not (tmp_path / "demo").exists()
