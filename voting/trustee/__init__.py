"""The tool of those who keep the keys: `python -m voting.trustee`.

No Django, database or network; the reference for docs/protocol.md §14.
"""
