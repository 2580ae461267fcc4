"""The pages about the architecture name code, files and layers that exist, and their drawings are what their texts say."""

import importlib
import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALKS = ROOT / "docs" / "architecture.md"
MAP = ROOT / "ARCHITECTURE.md"
TEXTS = sorted((ROOT / "scripts" / "drawings").glob("*.txt"))
REFERENCE = re.compile(r"^[a-z_]+(\.[a-z_0-9]+)*:[A-Za-z_]\w*(\.\w+)*$")

spec = importlib.util.spec_from_file_location("write_drawings", ROOT / "scripts" / "write_drawings.py")
drawings = importlib.util.module_from_spec(spec)
spec.loader.exec_module(drawings)


def resolve(reference):
    """What `module:name` names; modules are those of the library unless they begin with the plugin's package."""
    module, _, names = reference.partition(":")
    found = importlib.import_module(module if module.startswith("semtel_airflow") else f"semtel_ops.{module}")
    for name in names.split("."):
        found = getattr(found, name)
    return found


def references(text):
    return sorted({span for span in re.findall(r"`([^`\n]+)`", text) if REFERENCE.match(span)})


def test_every_reference_to_code_in_the_walks_resolves():
    found = references(WALKS.read_text(encoding="utf-8"))
    assert len(found) > 50
    for reference in found:
        assert resolve(reference) is not None, reference


def test_a_reference_to_nothing_is_noticed():
    with pytest.raises(AttributeError):
        resolve("steps.plan:no_such_step")


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_drawing_is_what_its_text_says(text):
    committed = ROOT / "docs" / "drawings" / f"{text.stem}.svg"
    assert committed.read_text(encoding="utf-8") == drawings.svg(drawings.read(text.read_text(encoding="utf-8"))), (
        "run `python scripts/write_drawings.py` and commit the result"
    )


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_every_reference_to_code_in_a_drawing_resolves_and_its_walk_explains_it(text):
    walks = WALKS.read_text(encoding="utf-8")
    walk = walks[walks.index(f"(drawings/{text.stem}.svg)") :].split("\n## ")[0]
    for reference in drawings.read(text.read_text(encoding="utf-8")).code:
        assert resolve(reference) is not None, reference
        assert f"`{reference}" in walk, f"{reference} is in {text.name} and not in the walk below it"


def test_each_walk_has_its_drawing_and_no_drawing_is_left_over():
    shown = re.findall(r"!\[[^\]]+\]\(drawings/(\w+)\.svg\)", WALKS.read_text(encoding="utf-8"))
    assert shown == ["conversation", "request", "batch_job", "setting", "week"]
    assert {path.stem for path in (ROOT / "docs" / "drawings").iterdir()} == {text.stem for text in TEXTS} == set(shown)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_drawing_says_in_words_what_it_shows_and_has_colours_for_the_dark(text):
    svg = (ROOT / "docs" / "drawings" / f"{text.stem}.svg").read_text(encoding="utf-8")
    tree = ET.fromstring(svg)
    title, described = (tree.find(f"{{http://www.w3.org/2000/svg}}{tag}").text for tag in ("title", "desc"))
    assert title
    assert len(described) > 100
    assert "prefers-color-scheme:dark" in svg
    assert "http" not in svg.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_a_line_that_does_not_fit_a_drawing_is_refused():
    with pytest.raises(ValueError, match="has 60 characters"):
        drawings.read(f"title T\nband B\nstep {'x' * 60} | a:b")


def test_the_map_names_every_package_of_the_library_and_only_what_exists():
    page = MAP.read_text(encoding="utf-8")
    packages = {path.parent.name for path in (ROOT / "semtel_ops").glob("*/__init__.py")}
    table = set(re.findall(r"`(\w+)`", page[page.index("## Layers") : page.index("Three stores")]))
    assert packages <= table
    assert table - packages <= {"clock", "errors", "humanize", "words"}
    for name in re.findall(r"`(\w+/\w*(?:\.py)?)`", page[page.index("## Promises") :]):
        assert (ROOT / "semtel_ops" / name).exists(), name
    for link in re.findall(r"\]\(([^)#]+)", page):
        assert (ROOT / link).exists(), link
