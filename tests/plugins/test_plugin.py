"""Airflow loads the plugin through the distribution's entry point, once, and in every process: so it must cost little."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.airflow

CODE = """
import json, sys
from airflow import plugins_manager
before = set(sys.modules)
plugins_manager.ensure_plugins_loaded()
added = set(sys.modules) - before
import openai
print(json.dumps({
    "sources": {plugin["name"]: plugin["source"] for plugin in plugins_manager.get_plugin_info(["source"])},
    "errors": plugins_manager.get_import_errors(),
    "openai": openai.__file__,
    "added": sorted(added),
    "bare": [name for name in ("assets", "connections", "defaults", "form", "verdict") if name in sys.modules],
}, default=str))
"""


@pytest.fixture(scope="module")
def loaded():
    done = subprocess.run([sys.executable, "-c", CODE], env=os.environ, capture_output=True, text=True, timeout=600, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_the_plugin_is_registered_once_and_nothing_failed_to_load(loaded):
    assert loaded["sources"]["semtel"].startswith("semtel-ops==")
    assert loaded["errors"] == {}, "a second registration is an error here"


def test_no_file_of_ours_takes_the_name_of_a_package(loaded):
    assert loaded["bare"] == []
    assert "site-packages" in loaded["openai"]


def test_loading_it_brings_none_of_the_library_and_nothing_heavy(loaded):
    ours = {name for name in loaded["added"] if name.startswith(("semtel_airflow", "semtel_ops"))}
    assert ours - {"semtel_airflow"} == {  # which the list of providers has brought already
        "semtel_airflow.deadline",
        "semtel_airflow.page",
        "semtel_airflow.plugin",
        "semtel_airflow.lazy_app",
    }
    heavy = {
        "aiohttp",
        "altair",
        "duckdb",
        "great_expectations",
        "openai",
        "pandas",
        "pyarrow",
        "pydantic_settings",
        "tiktoken",
    }
    assert not heavy & {name.partition(".")[0] for name in loaded["added"]}


def test_the_folder_of_its_source_is_no_plugins_folder(project_root):
    """Airflow would import every file below it by its bare name."""
    assert [path.name for path in (project_root / "plugins").iterdir() if path.name != "__pycache__"] == ["semtel_airflow"]
    assert os.environ.get("AIRFLOW__CORE__PLUGINS_FOLDER") is None
