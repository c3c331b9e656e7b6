"""The ballot protocol `yishi-1`, to the byte of `docs/protocol.md`.

Pure: no Django, no clock, no database; randomness only by an argument that defaults to the
operating system's. Whatever comes from outside and is not as the page says raises `Refused`
with the name of the check; anything else that is raised is a mistake of the caller or of us.
"""
