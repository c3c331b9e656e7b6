#!/usr/bin/env python
"""Run a management command."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    if sys.argv[1:2] == ["count"]:
        return count_without_settings()
    if sys.argv[1:2] == ["verify_document"] and "--offline" in sys.argv:
        return verify_without_settings()
    execute_from_command_line(sys.argv)


def count_without_settings() -> None:
    """The paper counter answers where no settings can be loaded and no service runs."""
    from django.conf import settings

    from voting.management.commands.count import Command

    settings.configure()
    Command().run_from_argv(sys.argv)


def verify_without_settings() -> None:
    """Offline, a paper is checked where there is neither a register nor a configuration."""
    from django.conf import settings

    from documents.management.commands.verify_document import Command

    settings.configure()
    Command().run_from_argv(sys.argv)


if __name__ == "__main__":
    main()
