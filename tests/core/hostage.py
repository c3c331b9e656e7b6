"""Does, in the process of `core.limited`, what a hostile file would have its reader do."""

import json
import os
import socket
import sys

from core.errors import RuleViolation


def answer(content: bytes, deed: str, place: str = "") -> bytes:
    if deed == "refuse":
        raise RuleViolation("hostage.no", "不行", secret=content)
    return json.dumps(globals()[deed](place)).encode()


def look(_place):
    return [dict(os.environ), sys.argv[1:], os.getcwd()]


def _tried(deed):
    try:
        deed()
    except OSError as error:
        return error.strerror
    return "done"


def write(place):
    return [_tried(lambda: open(place, "wb")), _tried(lambda: open(__file__, "rb").read())]


def call(_place):
    os.close(0)  # its place is not to be had either
    return [
        _tried(socket.socket),
        _tried(lambda: socket.socket(socket.AF_UNIX)),
        _tried(os.pipe),
    ]


def swell(_place):
    return len(bytes(3 * 2**30))


def turn(_place):
    while True:
        pass


def sleep(_place):
    import time

    time.sleep(60)


def crash(_place):
    os.abort()
