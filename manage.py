#!/usr/bin/env python
"""Run a management command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["count"]:
        return count_without_settings()
    execute_from_command_line(sys.argv)


def count_without_settings() -> None:
    """The paper counter answers where no settings can be loaded and no service runs."""
    from django.conf import settings

    from voting.management.commands.count import Command

    settings.configure()
    Command().run_from_argv(sys.argv)


if __name__ == "__main__":
    main()
