"""Importing is cheap: the DAG processor, the command line and every task pay for it again and again.

Baseline, 2 shared cores, CPython 3.11: `semtel_ops.errors` 30 ms, `semtel_ops.settings` 150 ms (pydantic), the command line 60 ms.
"""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "pandas",
    "great_expectations",
    "altair",
    "vl_convert",
    "duckdb",
    "openai",
    "tiktoken",
    "presidio_analyzer",
    "llmlingua",
    "airflow",
    "alembic",
}


def imported_by(statement):
    """Names of all packages that a statement brings into a fresh interpreter."""
    code = (
        f"import sys\n{statement}\nimport json\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=600, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    "statement",
    [
        "import semtel_ops",
        "import semtel_ops.errors",
        "import semtel_ops.settings",
        "import semtel_ops.cli",
        "import semtel_ops.cli.demo",
        "import semtel_ops.endpoints.catalog",
        "import semtel_ops.conversations.sources",
        "import semtel_ops.classifiers",
        "import semtel_ops.concurrency",
        "import semtel_ops.simulator",
        "import semtel_ops.store",
        "import semtel_ops.store.ledger",
        "import semtel_ops.store.ledger_open",
        "import semtel_ops.store.ledger_upgrade",
    ],
)
def test_nothing_heavy_comes_with(statement):
    assert not imported_by(statement) & HEAVY


def test_no_part_of_the_library_knows_airflow():
    steps = ("plan", "extract", "sample", "prepare", "classify", "gather", "validate", "publish", "report", "close")
    assert "airflow" not in imported_by("import " + ", ".join(f"semtel_ops.steps.{step}" for step in steps))


def test_the_help_of_the_command_line_imports_no_command():
    assert not imported_by("from semtel_ops.cli import main") & {"pyarrow", "sqlalchemy", "aiohttp", "numpy"}


def test_a_ledger_that_is_there_is_opened_without_what_creates_and_upgrades_it(tmp_path):
    open_it = (
        "from semtel_ops.store.ledger_open import open_ledger, open_to_read\n"
        f"open_ledger('sqlite:///{tmp_path}/ledger.db').close()\nopen_to_read('sqlite:///{tmp_path}/ledger.db').close()"
    )
    assert "alembic" in imported_by(open_it)
    assert "alembic" not in imported_by(open_it)
