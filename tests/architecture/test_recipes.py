"""What `docs/contributing.md` says of additions is so: its recipes are followed in a copy of the project, and their tests pass.

A code block with a title is a file; a `diff` block changes one. A section with a `pyproject.toml` is a package of its own: it is
installed beside the copy, which stays as it is.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "contributing.md"
COPIED = ("semtel_ops", "include", "plugins", "pyproject.toml", "tests/conftest.py", "tests/conformance", "tests/support")
ADDED = "not Every or customer_numbers or questions or addresses or near_match_share or teams or ranked"
"""Of the suites that run over everything, only what the recipes add."""

_BLOCK = re.compile(r'^```(?P<language>\w+) title="(?P<file>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """A section of the guide.

    Attributes:
        files: to write, by path.
        changes: to make, in order: (path, lines of a diff).
    """

    title: str
    files: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def tests(self) -> list[str]:
        return [path for path in self.files if path.startswith("tests/")]

    @property
    def touched(self) -> set[str]:
        """What an addition touches beside its own test."""
        return {*self.files, *(path for path, _ in self.changes)} - {*self.tests}

    @property
    def is_package(self) -> bool:
        return "pyproject.toml" in self.files

    def follow(self, root: Path) -> None:
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            assert not (root / path).exists(), f"{path} is there already"
            (root / path).write_text(text, encoding="utf-8")
        for path, lines in self.changes:
            _change(root / path, lines)


def read_guide() -> list[Recipe]:
    """Sections that have files, in order."""
    recipes = []
    for section in re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        recipe = Recipe(section.partition("\n")[0])
        for block in _BLOCK.finditer(section):
            if block["language"] == "diff":
                recipe.changes.append((block["file"], block["text"].splitlines()))
            else:
                recipe.files[block["file"]] = block["text"]
        if recipe.files:
            recipes.append(recipe)
    return recipes


RECIPES = {recipe.title: recipe for recipe in read_guide()}
each_recipe = pytest.mark.parametrize("title", RECIPES)


def _change(path: Path, lines: list[str]) -> None:
    """Apply a diff without line numbers: its context stands in the file once."""
    before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
    after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, (
        f"docs/contributing.md: its diff of {path.name} does not apply, for these lines are in the file {text.count(before)} "
        f"times; correct them on the page:\n{before}"
    )
    path.write_text(text.replace(before, after), encoding="utf-8")


def _install(recipe: Recipe, site: Path) -> None:
    """What an installer would leave in site-packages."""
    project = tomllib.loads(recipe.files["pyproject.toml"])["project"]
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    (info / "entry_points.txt").write_text("\n".join(groups))
    for path in recipe.files.keys() - {"pyproject.toml", *recipe.tests}:
        (site / path).write_text(recipe.files[path], encoding="utf-8")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, str]]]:
    """Test file → test → passed, or why not, after all recipes were followed in one copy of the project."""
    root, site = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("site")
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    for recipe in RECIPES.values():
        if recipe.is_package:
            _install(recipe, site)
            for path in recipe.tests:
                (root / path).write_text(recipe.files[path], encoding="utf-8")
        else:
            recipe.follow(root)
    suites = [path.relative_to(root).as_posix() for path in (root / "tests/conformance").glob("test_*.py")]
    tests = [*suites, *(path for recipe in RECIPES.values() for path in recipe.tests)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=results.xml", "-k", ADDED, *tests],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(site)])},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (root / "results.xml").exists(), done.stdout + done.stderr
    found: dict[str, dict[str, str]] = {path: {} for path in tests}
    for case in ET.parse(root / "results.xml").iter("testcase"):
        problem = next((child for child in case if child.tag in {"failure", "error", "skipped"}), None)
        file = next(
            path for path in tests if (case.get("classname") or "").startswith(path.removesuffix(".py").replace("/", "."))
        )
        found[file][str(case.get("name"))] = "passed" if problem is None else f"{problem.tag}: {problem.text}"
    yield found
    shutil.rmtree(root)


@each_recipe
def test_an_addition_touches_at_most_two_files_and_brings_a_test(title):
    recipe = RECIPES[title]
    assert recipe.tests
    assert recipe.is_package or len(recipe.touched) <= 2


@each_recipe
def test_its_diffs_apply_whatever_else_was_added(title):
    for path, lines in RECIPES[title].changes:
        assert [line[0] for line in lines] == [" ", *"+" * (len(lines) - 1)], f"{path}: one line, and what comes after it"


@each_recipe
def test_what_the_recipe_adds_works(title, outcomes):
    for path in RECIPES[title].tests:
        assert outcomes[path], f"{path} has no tests"
        assert {name: result for name, result in outcomes[path].items() if result != "passed"} == {}


@pytest.mark.parametrize(
    ("suite", "name"),
    [
        ("scrubbers", "customer_numbers"),
        ("truncation_strategies", "questions"),
        ("compressors", "addresses"),
        ("quality_checks", "near_match_share"),
        ("alert_channels", "teams"),
        ("classifier_kinds", "ranked"),
    ],
)
def test_what_a_recipe_adds_is_put_to_the_suite_of_its_kind(suite, name, outcomes):
    found = {test: result for test, result in outcomes[f"tests/conformance/test_{suite}.py"].items() if f"[{name}]" in test}
    assert "passed" in found.values()
    # Only its own test can say when it must fail: there the suite skips that.
    assert {test: result for test, result in found.items() if result != "passed" and not result.startswith("skipped")} == {}


def test_every_row_of_the_guides_table_is_a_section():
    text = GUIDE.read_text(encoding="utf-8")
    sections = {title.lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", text)) <= sections
