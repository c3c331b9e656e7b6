"""The tool of who makes the letters outside the host: `python -m voting.letterer`.

No settings, database or network; docs/protocol.md §15.
"""
