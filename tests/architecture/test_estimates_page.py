"""The page about estimates names modules that exist, and its chart says in words what it shows."""

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.simulations import corrected_cover

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "estimates.md"
CHART = ROOT / "docs" / "explanation" / "cover.svg"

spec = importlib.util.spec_from_file_location("write_cover_chart", ROOT / "scripts" / "write_cover_chart.py")
chart = importlib.util.module_from_spec(spec)
spec.loader.exec_module(chart)


def test_the_page_names_modules_that_exist():
    named = re.findall(r"`(evaluation/\w+\.py)`", PAGE.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (ROOT / "semtel_ops" / name).is_file()] == []


def test_the_chart_shows_every_kind_of_label_in_words_and_has_colours_for_the_dark():
    svg = CHART.read_text(encoding="utf-8")
    described = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}desc").text
    for label in corrected_cover.LABELS:
        assert f"{chart.name(label)}: as labelled" in described
    assert "prefers-color-scheme:dark" in svg
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_the_chart_is_drawn_from_rows():
    svg = chart.svg([("1% & rare", 20.0, 95.0)], 100)
    assert "1% &amp; rare: as labelled 20%, corrected 95%" in svg
    assert svg.count('class="raw"') == svg.count('class="ours"') == 2  # a row and the legend
