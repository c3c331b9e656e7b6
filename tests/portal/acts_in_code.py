"""Every act the code can write into a log, found by reading the code.

`record_act` is followed through whatever hands an act on to it: a function that passes one of
its parameters as the act writes acts too, under the prefix it puts before them. What cannot
be followed so is left over, for a test to look at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

APPS = [
    "accounts", "committees", "disclosures", "documents", "funds", "portal", "registry",
    "voting",
]  # fmt: skip
Name = tuple[str, str]  # module, function


class Writer(NamedTuple):
    """A function that writes an act: which parameter it is, and what stands before it."""

    parameter: str
    position: int | None
    prefix: str


class Found(NamedTuple):
    """Acts by their codes, and calls whose act could not be told: (file, expression)."""

    acts: set[str]
    left: set[tuple[str, str]]
    writers: dict[Name, Writer]


def acts_in(root: Path) -> Found:
    """Of all apps below `root`."""
    files = [path for app in APPS for path in (root / app).rglob("*.py")]
    return acts_of({str(path.relative_to(root)): path.read_text("utf-8") for path in files})


def acts_of(sources: Mapping[str, str]) -> Found:
    """Of modules by their paths."""
    modules = [
        (path, ast.parse(text)) for path, text in sources.items() if "/migrations/" not in path
    ]
    writers = {("logbook.steps", "record_act"): Writer("act", 1, "")}
    while True:
        found = Found(set(), set(), dict(writers))
        for path, tree in modules:
            known = _names(path, tree)
            for call, inside in _calls(tree, []):
                writer = writers.get(_called(call, known))
                if writer is not None:
                    _read(call, inside, path, writer, found)
        if found.writers == writers:
            return found
        writers = found.writers


def _read(
    call: ast.Call, inside: list[ast.FunctionDef], path: str, writer: Writer, found: Found
) -> None:
    act = _argument(call, writer)
    parameters = [one.arg for one in _all(inside[-1])] if inside else []
    told = None if act is None else _values(act, parameters)
    if told is None:
        found.left.add((path, "" if act is None else ast.unparse(act)))
        return
    values, handed_on = told
    found.acts.update(writer.prefix + value for value in values)
    for before, name in handed_on:
        made = inside[-1]
        places = [one.arg for one in [*made.args.posonlyargs, *made.args.args]]
        position = places.index(name) if name in places else None
        found.writers[(_module(path), made.name)] = Writer(
            name, position, writer.prefix + before
        )


def _values(
    node: ast.expr, parameters: list[str]
) -> tuple[set[str], set[tuple[str, str]]] | None:
    """What an expression can be: fixed texts, and (prefix, parameter) handed through."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}, set()
    if isinstance(node, ast.Name) and node.id in parameters:
        return set(), {("", node.id)}
    if isinstance(node, ast.IfExp):
        one, other = _values(node.body, parameters), _values(node.orelse, parameters)
        return None if one is None or other is None else (one[0] | other[0], one[1] | other[1])
    if isinstance(node, ast.JoinedStr) and len(node.values) == 2:
        before, value = node.values
        if isinstance(before, ast.Constant) and isinstance(value, ast.FormattedValue):
            told = _values(value.value, parameters)
            if told is not None:
                text = str(before.value)
                return (
                    {text + one for one in told[0]},
                    {(text + more, name) for more, name in told[1]},
                )
    return None


def _argument(call: ast.Call, writer: Writer) -> ast.expr | None:
    if writer.position is not None and len(call.args) > writer.position:
        return call.args[writer.position]
    named = [one.value for one in call.keywords if one.arg == writer.parameter]
    return named[0] if named else None


def _calls(
    node: ast.AST, inside: list[ast.FunctionDef]
) -> Iterator[tuple[ast.Call, list[ast.FunctionDef]]]:
    if isinstance(node, ast.FunctionDef):
        inside = [*inside, node]
    if isinstance(node, ast.Call):
        yield node, inside
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, inside)


def _called(call: ast.Call, known: Mapping[str, Name]) -> Name:
    if isinstance(call.func, ast.Name):
        return known.get(call.func.id, ("", call.func.id))
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        module = known.get(call.func.value.id, ("", ""))
        return ".".join(module), call.func.attr
    return "", ""


def _names(path: str, tree: ast.Module) -> dict[str, Name]:
    """What names mean in a module: what it imports, and its own functions."""
    found = {
        one.asname or one.name: (node.module or "", one.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    }
    own = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    return found | {name: (_module(path), name) for name in own}


def _module(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def _all(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
