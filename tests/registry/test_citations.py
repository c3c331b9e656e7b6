"""Pages and papers cite the document and the article, and nothing of the search for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry.domain.citations import citation

PROFILES = Path(__file__).parents[2] / "registry/data/profiles.json"


@pytest.mark.parametrize(
    ("kept", "cited"),
    [
        ("建房〔2009〕274号第48条（未见原文）", "建房〔2009〕274号第48条"),
        (
            "建房〔2009〕274号第9条（未见原文）：收到书面申请后六十日内",
            "建房〔2009〕274号第9条：收到书面申请后六十日内",
        ),
        ("平台默认，法律没有规定；枣庄为每月3日前报上个月的", "平台默认，法律没有规定"),
        (
            "安徽省物业管理条例（2025修订，2026年3月1日起施行；未能查到条文）；旧条例为六十日",
            "安徽省物业管理条例（2025修订，2026年3月1日起施行）",
        ),
        (
            "安徽省人大常委会2023年7月27日听取的报告（2024年底，未见原文）",
            "安徽省人大常委会2023年7月27日听取的报告（2024年底）",
        ),
        (
            "枣住建房字〔2020〕15号四（四）：每月3日前报送",
            "枣住建房字〔2020〕15号四（四）：每月3日前报送",
        ),
        ("物业管理条例（国务院，2018）第13条", "物业管理条例（国务院，2018）第13条"),
        ("", ""),
    ],
)
def test_what_is_cited(kept: str, cited: str) -> None:
    assert citation(kept) == cited
    assert citation(cited) == cited


def test_no_profile_cites_its_research() -> None:
    def clauses(found: object) -> list[str]:
        if isinstance(found, dict):
            own = [found["clause"]] if isinstance(found.get("clause"), str) else []
            return own + [one for part in found.values() for one in clauses(part)]
        parts = found if isinstance(found, list) else []
        return [one for part in parts for one in clauses(part)]

    known = clauses(json.loads(PROFILES.read_text(encoding="utf-8")))
    assert len(known) > 50
    for one in known:
        cited = citation(one)
        assert cited
        assert not any(
            word in cited for word in ("未见", "转载", "未能查到", "待核", "；", "（）")
        )
