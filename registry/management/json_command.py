"""A management command whose --json is one JSON object, whatever the input.

Exit status 0 only where the answer says so. A wrong argument is a refusal like any other;
without --json it goes to stderr with exit status 2.
"""

import argparse
import json
import sys
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser


class JsonCommand(BaseCommand):
    """Subclasses give `usage` and `refuse`, and end by `end`."""

    usage = ""  # the sentence on wrong arguments
    requires_system_checks = ()

    def refuse(self, reason: str) -> NoReturn:
        """Answer in JSON that nothing was done, and why."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        # Wrong arguments then raise CommandError here instead of ending the process.
        parser.called_from_command_line = False
        parser.allow_abbrev = False
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            super().run_from_argv(argv)
        except (CommandError, argparse.ArgumentError) as error:
            if "--json" not in argv:
                self.stderr.write(str(error))
                sys.exit(2)
            self.refuse(self.usage)

    def end(
        self, answer: dict[str, Any], lines: list[str], *, as_json: bool, status: int
    ) -> NoReturn:
        """Print the answer, as JSON or for people, and leave."""
        if as_json:
            # ASCII only, so that no terminal's encoding can break it.
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write("\n".join(lines))
        self.stdout.flush()
        sys.exit(status)
