"""What trustees keep and hand round: transcripts, work files and key files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from voting.domain import keyholders
from voting.keyfiles import Stop, read_value, unseal
from voting.protocol import ceremony
from voting.protocol.ceremony import Ceremony, Complaint, WrongFile
from voting.protocol.dealing import Secret
from voting.protocol.refusal import Refused
from voting.protocol.shape import b64, unb64

WORK, KEY = "yishi-trustee-work-1", "yishi-trustee-key-1"


class Key(NamedTuple):
    """What a key file holds. `sitting`: T_2; `public`: ceremony.public."""

    session: str
    suite: str
    number: int
    secret: int
    sitting: str
    public: dict[str, Any]

    @property
    def point(self) -> bytes:
        """vk_j, 65 bytes."""
        return unb64(self.public["keys"][self.number - 1])


def read_ceremony(path: Path) -> Ceremony:
    """A transcript, with every message checked. Raises Stop."""
    value = read_value(path)
    try:
        return ceremony.parse(value)
    except Refused as refused:
        raise Stop(f"仪式文件 {path}：{said(refused)}") from refused


def said(refused: Refused) -> str:
    """A refusal of the protocol in plain words."""
    if isinstance(refused, Complaint):
        return keyholders.refusal(refused.code, refused.index)
    if isinstance(refused, WrongFile):
        return keyholders.refusal(refused.code)
    return keyholders.refusal("")


def work_value(current: Ceremony, secret: Secret) -> dict[str, Any]:
    """What a work file holds, for `seal`."""
    return {
        "number": secret.number,
        "terms": current.hashes[0].hex(),
        "coefficients": [b64(value.to_bytes(32, "big")) for value in secret.coefficients],
        "decryption": b64(secret.decryption),
    }


def read_work(path: Path, passphrase: str, current: Ceremony) -> Secret:
    """The secret of this sitting. Raises Stop."""
    value = unseal(path, WORK, passphrase, kind="仪式用的临时文件")
    if value["terms"] != current.hashes[0].hex():
        raise Stop(f"{path} 是另一次仪式的，或者重新开始以前的那一次。")
    coefficients = (int.from_bytes(unb64(text), "big") for text in value["coefficients"])
    return Secret(value["number"], tuple(coefficients), unb64(value["decryption"]))


def key_value(key: Key) -> dict[str, Any]:
    """What a key file holds, for `seal`."""
    return {**key._asdict(), "secret": b64(key.secret.to_bytes(32, "big"))}


def read_key(path: Path, passphrase: str) -> Key:
    """Raises Stop."""
    value = unseal(path, KEY, passphrase)
    return Key(**{**value, "secret": int.from_bytes(unb64(value["secret"]), "big")})
