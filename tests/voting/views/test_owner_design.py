"""The stylesheet's promises: contrast of every pair of colours in use, size, old webviews."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import Client

from .story import WANG, make_vote

ROOT = Path(__file__).resolve().parents[3]
CSS = (ROOT / "static/css/owner.css").read_text(encoding="utf-8")
LIGHT_BLOCK, DARK_BLOCK = re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)[:2]

# Ink on ground; 4.5:1 for text (WCAG 2.2, 1.4.3).
TEXT = [
    ("ink", "paper"),
    ("ink", "soft"),
    ("muted", "paper"),
    ("muted", "soft"),
    ("link", "paper"),
    ("link", "soft"),
    ("link", "action-tint"),
    ("link", "good-tint"),
    ("link", "warn-tint"),
    ("link", "bad-tint"),
    ("ink", "action-tint"),
    ("ink", "good-tint"),
    ("ink", "warn-tint"),
    ("ink", "bad-tint"),
    ("muted", "action-tint"),
    ("on-brand", "brand"),
    ("on-action", "action"),
    ("on-action", "action-deep"),
    ("on-good", "good"),
    ("bad", "paper"),
    ("good-ink", "paper"),
]
# Borders of controls, bars and the ring of focus; 3:1 (1.4.11).
SHAPES = [
    ("control", "paper"),
    ("action", "paper"),
    ("bad", "paper"),
    ("good-ink", "paper"),
    ("ink", "line"),
    ("focus", "paper"),
    ("focus", "soft"),
]


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


LIGHT = tokens(LIGHT_BLOCK)
DARK = LIGHT | tokens(DARK_BLOCK)


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # known near miss


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
class TestContrast:
    @pytest.mark.parametrize(("ink", "ground"), TEXT)
    def test_text(self, theme: dict[str, str], ink: str, ground: str) -> None:
        assert contrast(theme[ink], theme[ground]) >= 4.5

    @pytest.mark.parametrize(("ink", "ground"), SHAPES)
    def test_shapes(self, theme: dict[str, str], ink: str, ground: str) -> None:
        assert contrast(theme[ink], theme[ground]) >= 3


def test_nothing_newer_than_the_old_webviews() -> None:
    without_notes = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    newer = (
        r":has\(|:is\(|:where\(|clamp\(|\binset:|aspect-ratio|(?<!-)\bgap:|@layer|@import|url\("
    )
    assert re.findall(newer, without_notes) == []


@pytest.mark.django_db
def test_the_first_page_fits_in_fourteen_kilobytes(client: Client) -> None:
    vote = make_vote()
    page = client.get(vote.letters[WANG].path).content
    assert re.findall(rb'rel="stylesheet" href="([^"]+)"', page) == [b"/static/css/owner.css"]
    assert len(gzip.compress(page)) + len(gzip.compress(CSS.encode())) <= 14 * 1024
