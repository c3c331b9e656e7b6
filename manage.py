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
    if "--json" in sys.argv:
        return with_json_even_without_settings()
    execute_from_command_line(sys.argv)


def with_json_even_without_settings() -> None:
    """Whoever asked for JSON gets one object, also where the settings cannot be loaded."""
    import json

    from django.conf import settings
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 (loads the settings)
    except Exception as error:  # whatever a setting may do wrong
        reason = f"设置无法读取，请检查环境变量（{type(error).__name__}）"
        sys.stdout.write(json.dumps({"error": reason}) + "\n")
        sys.exit(2)
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
