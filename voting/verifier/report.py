"""What a verification found, as JSON and as lines to read."""

from __future__ import annotations

from typing import Any, NamedTuple


class Check(NamedTuple):
    """One check of `docs/protocol.md` §12 that was made."""

    name: str
    ok: bool
    detail: str


class Report(NamedTuple):
    """`results` is empty unless the totals were proved."""

    checks: list[Check]
    not_checked: list[str]
    results: list[dict[str, Any]]

    @property
    def ok(self) -> bool:
        """Every check that was made held, and at least the board was read."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The value printed by `--json`."""
        return {
            "ok": self.ok,
            "checks": [check._asdict() for check in self.checks],
            "not_checked": self.not_checked,
            "results": self.results,
        }

    def _last_word(self) -> str:
        if not self.ok:
            return "NOT VERIFIED"
        if not self.results:  # an open vote, say: what is there holds, and proves no result
            return "VERIFIED SO FAR: there is no result yet"
        return "VERIFIED"

    def as_text(self) -> str:
        """Lines for a person."""
        lines = [
            f"{'ok      ' if check.ok else 'REFUSED '} {check.name}: {check.detail}"
            for check in self.checks
        ]
        lines += [f"not checked {name}" for name in self.not_checked]
        for result in self.results:
            for side in ("heads", "area"):
                counts = ", ".join(f"{name} {count}" for name, count in result[side].items())
                lines.append(f"{result['motion']} {side}: {counts}")
        lines.append(self._last_word())
        return "\n".join(lines)
