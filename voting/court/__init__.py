"""The tool of a court that has one ballot opened: `python -m voting.court`.

No Django, database or network; the reference for what docs/protocol.md §14 says of it.
"""
