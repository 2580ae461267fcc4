"""`docs/recipes/endpoint-kind.md` is followed in a copy of the project: what it adds passes the tests that it brings."""

from pathlib import Path

from tests.support.recipes import read_recipe

RECIPE = read_recipe(Path(__file__).resolve().parents[2] / "docs" / "recipes" / "endpoint-kind.md")
TEST = "tests/conformance/test_ollama.py"
SUITES = "tests/conformance/test_chat_clients.py"
MENU = "plugins/semtel_airflow/provider.py"

_MENU_IS_COMPLETE = """
from semtel_airflow.provider import get_provider_info
from semtel_ops.endpoints.factory import KINDS
(form,) = get_provider_info()["connection-types"]
assert form["conn-fields"]["kind"]["schema"]["enum"] == list(KINDS), list(KINDS)
assert "ollama" in KINDS
"""


def test_two_files_of_the_library_are_touched():
    touched = {*RECIPE.files, *(file for file, _ in RECIPE.changes)}
    assert {file for file in touched if file.startswith("semtel_ops/")} == {
        "semtel_ops/endpoints/kinds/ollama.py",
        "semtel_ops/endpoints/factory.py",
    }
    assert touched - {TEST, MENU, "endpoints.yaml"} == {file for file in touched if file.startswith("semtel_ops/")}


def test_the_diffs_apply_whatever_else_was_added():
    for file, lines in RECIPE.changes:
        assert [line[0] for line in lines] == [" ", *"+" * (len(lines) - 1)], f"{file}: one line, and what comes after it"


def test_the_kind_passes_its_suite_and_labels_conversations(copied_project):
    RECIPE.follow(copied_project.root)
    done = copied_project.run_tests(TEST, f"{SUITES}::test_every_kind_is_put_to_the_suite")
    assert done.exit_code == 0, done.output
    outcomes = done.outcomes[TEST] | done.outcomes[SUITES]
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "passed"} == {}, "failed or skipped"
    assert {
        "test_every_failure_is_an_error_of_its_kind_and_the_next_request_is_answered",
        "test_no_error_quotes_the_request_or_shows_the_key",
        "test_conversations_are_labelled_through_an_endpoint_of_this_kind",
        "test_every_kind_is_put_to_the_suite",
    } <= outcomes.keys()
    menu = copied_project.run_python(_MENU_IS_COMPLETE)
    assert menu.returncode == 0, menu.stderr
