"""The tool of those who witness a board: `python -m voting.witness`.

No Django, database or network. A witness countersigns a checkpoint only where it continues
what this witness countersigned before (docs/protocol.md §9).
"""
