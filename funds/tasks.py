"""Sweepers of the fund; voting.tasks says what a sweeper is, portal.tasks joins the tables."""

from voting.tasks import Sweeper

SWEEPERS: tuple[Sweeper, ...] = ()
