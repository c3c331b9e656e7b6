"""The demo's messages go to a file: hundreds of them would hide the story."""

from pathlib import Path

from django.conf import settings


class TranscriptGateway:
    """Appends every message to `var/demo/sms.txt`; every phone there is invented."""

    def send(self, *, phone: str, text: str, key: str) -> None:
        with (Path(settings.VAR_DIR) / "demo" / "sms.txt").open("a", encoding="utf-8") as file:
            file.write(f"{phone}\t{text}\n")
