"""Every small change of a JSON value: each place dropped, doubled, reordered, cut, retyped."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]


def paths(value: Any, so_far: Path = ()) -> Iterator[Path]:
    """Every place in the value, containers too, without the outermost."""
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield (*so_far, key)
        yield from paths(inner, (*so_far, key))


def at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def replacements(old: Any) -> Iterator[Any]:
    """Other values for one place; none equals the old one."""
    yield None
    if isinstance(old, bool):
        yield from (not old, int(old))
    elif isinstance(old, int):
        yield from (old + 1, str(old), 2**53 - 1)
        yield old == 1 if old in (0, 1) else -1
        if old:
            yield old - 1
    elif isinstance(old, str):
        yield from (old[:-1], old + "A", "", 7)
        swapped = "B" if old[:1] == "A" else "A"
        yield swapped + old[1:]
        middle = len(old) // 2
        other = "b" if old[middle : middle + 1] == "a" else "a"
        yield old[:middle] + other + old[middle + 1 :]
        yield old[::-1]
    elif isinstance(old, list):
        yield from ({}, [*old, *old[-1:]] if old else [1])
        yield old[:-1]
        yield old[::-1]
    elif isinstance(old, dict):
        yield from ([], {**old, "extra": 1}, {})
    else:
        yield from (0, "x", [], {}, False)


def mutants(value: Any) -> Iterator[tuple[str, Any]]:
    """(what was done, the changed copy), for every place and every small change."""
    for path in paths(value):
        name = "/".join(map(str, path))
        old = at(value, path)
        for number, new in enumerate(replacements(old)):
            if new == old and type(new) is type(old):
                continue
            changed = copy.deepcopy(value)
            at(changed, path[:-1])[path[-1]] = new
            yield f"{name} #{number}", changed
        changed = copy.deepcopy(value)
        del at(changed, path[:-1])[path[-1]]
        yield f"{name} dropped", changed
