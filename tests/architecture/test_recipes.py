"""What `docs/contributing.md` says of additions is so: its recipes are followed in a copy of the project, and their tests pass.

A code block with a title is a file; a `diff` block changes one. A section with a `pyproject.toml` is a package of its own: it is
installed beside the copy, which stays as it is.
"""

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.recipes import CopiedProject, Recipe, read_recipes

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "contributing.md"
ADDED = "not Every or customer_numbers or questions or addresses or near_match_share or teams or ranked"
"""Of the suites that run over everything, only what the recipes add."""

RECIPES = {recipe.title: recipe for recipe in read_recipes(GUIDE)}
each_recipe = pytest.mark.parametrize("title", RECIPES)


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
def outcomes(copied_project: CopiedProject, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Test file → test → passed, or why not, after all recipes were followed in one copy of the project."""
    site = tmp_path_factory.mktemp("site")
    for recipe in RECIPES.values():
        if recipe.is_package:
            _install(recipe, site)
            for path in recipe.tests:
                (copied_project.root / path).write_text(recipe.files[path], encoding="utf-8")
        else:
            recipe.follow(copied_project.root)
    tests = [*copied_project.suites, *(path for recipe in RECIPES.values() for path in recipe.tests)]
    return copied_project.run_tests(*tests, only=ADDED, packages=site).outcomes


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
