"""The Celery application. Its beat table is the list of all sweepers."""

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("yishi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_finalize.connect
def schedule_sweepers(sender: Celery, **_kwargs: Any) -> None:
    """Put every sweeper on the beat; `manage.py work` runs the same table."""
    from portal.tasks import SWEEPERS, sweep

    for sweeper in SWEEPERS:
        sender.add_periodic_task(
            sweeper.every.total_seconds(), sweep.s(sweeper.name), name=sweeper.name
        )
