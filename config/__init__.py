"""Settings, URLs and the Celery application: the one place that wires everything."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
