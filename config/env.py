"""Typed access to environment variables; a secret comes from NAME or from a file NAME_FILE."""

import os
from base64 import b64decode, b64encode
from pathlib import Path


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_bool(name: str, default: bool = False) -> bool:
    return env_text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(env_text(name, str(default)))


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_file(name: str) -> str:
    """A short secret from NAME, or the first line of the file NAME_FILE."""
    path = env_text(f"{name}_FILE")
    if path and not env_text(name):
        return Path(path).read_text(encoding="utf-8").split("\n", 1)[0].strip()
    return env_text(name)


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of `choices`, the first where nothing is set. Anything else stops the start."""
    chosen = env_text(name).strip().lower() or choices[0]
    if chosen not in choices:
        message = f"{name} must be one of {', '.join(choices)}"
        raise RuntimeError(message)
    return chosen


def env_secret(name: str, *, size: int, keys_dir: Path, create: bool) -> bytes:
    """Return `size` secret bytes from NAME (base64), NAME_FILE or `keys_dir`/NAME.

    Only where `create` (development) is a missing key made, once, readable by its owner
    alone. In production a missing key stops the start.
    """
    text = env_text(name)
    path = Path(env_text(f"{name}_FILE") or keys_dir / name.lower())
    if not text and path.exists():
        text = path.read_text(encoding="ascii")
    if not text and create:
        text = b64encode(os.urandom(size)).decode("ascii")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process made it in the same moment
            text = path.read_text(encoding="ascii")
        else:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(text)
    if not text:
        message = f"{name} (or {name}_FILE) must be set: {size} random bytes in base64"
        raise RuntimeError(message)
    return _decoded(name, text, size)


def env_secrets(name: str, *, size: int, keys_dir: Path) -> tuple[bytes, ...]:
    """Any number of secrets, divided by commas or spaces, from the same places; or none."""
    text = env_text(name)
    path = Path(env_text(f"{name}_FILE") or keys_dir / name.lower())
    if not text and (path.exists() or env_text(f"{name}_FILE")):
        text = path.read_text(encoding="ascii")
    return tuple(_decoded(name, one, size) for one in text.replace(",", " ").split())


def _decoded(name: str, text: str, size: int) -> bytes:
    secret = b64decode(text)
    if len(secret) != size:
        message = f"{name} must be {size} bytes in base64"
        raise RuntimeError(message)
    return secret
