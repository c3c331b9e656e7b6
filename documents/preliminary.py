"""The preliminary result (D3): from its facts to PDF. Judges nothing itself."""

from __future__ import annotations

from collections.abc import Mapping

from documents import rendering
from documents.papers import PreliminaryFacts
from documents.resolutions import motion_rows


def render_preliminary(facts: PreliminaryFacts, *, attachments: Mapping[str, bytes]) -> bytes:
    """The unsigned PDF; ``attachments`` travel inside, the count first."""
    counted = facts.ballots
    context = {
        "rows": motion_rows(facts),
        "kinds": [
            ("计入的有效表决票", counted.counted),
            ("其中网上，在业主手机上加密", counted.by_browser),
            ("其中网上，由服务器代为加密", counted.by_server),
            ("其中纸质", counted.paper),
            ("用补发凭证投出的", counted.replacement),
            ("委托他人的", counted.proxies.heads),
            ("在协助下投的", counted.assisted.heads),
            ("纸质票整张作废的", counted.spoiled),
            ("纸质票经两人决定不计入的", counted.ruled_out),
            ("经裁定不计入的", counted.excluded),
            ("同一户重复、以后一次为准的", counted.duplicate),
        ],
    }
    return rendering.render("preliminary.html", context, facts=facts, attachments=attachments)
