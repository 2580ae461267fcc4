"""docs/install.md as its reader follows it: the wheel in an Airflow that knows nothing of this checkout, and a week labelled.

The clean environment borrows the packages of this one through links, all but ours, so that nothing is fetched: what is
imported under our names comes from the wheel alone.
"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import sysconfig
import tarfile
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.testing.simulated_endpoint import simulated_endpoint

pytestmark = [pytest.mark.slow, pytest.mark.airflow]

KEY = "sk-of-the-test"
WEEK = "2026-W43"
OURS = re.compile(r"_?semtel|.*\.pth$|_virtualenv")
WHERE = """
import json, sys, semtel_airflow, semtel_ops
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import get_import_errors, get_plugin_info
from airflow.providers_manager import ProvidersManager

bundle = DagBundlesManager().get_bundle("semtel")
bag = DagBag(bundle.path)
print(json.dumps({
    "modules": [semtel_ops.__file__, semtel_airflow.__file__],
    "path": sys.path,
    "bundle": str(bundle.path),
    "dags": sorted(bag.dags),
    "dag_errors": {str(path): error for path, error in bag.import_errors.items()},
    "classifiers": bag.dags["semantic_telemetry_weekly"].params.get_param("classifiers").schema["examples"],
    "plugins": [info["name"] for info in get_plugin_info(["name"])],
    "plugin_errors": get_import_errors(),
    "hook": ProvidersManager().hooks["semtel_endpoint"].hook_class_name,
}))
"""


def commands_of(page: Path) -> str:
    """The shell blocks of a page, as one script."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


def clean_environment(folder: Path) -> Path:
    """A virtual environment with Airflow and all other dependencies in it, and nothing of this project."""
    environment, dependencies = folder / "venv", folder / "dependencies"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    dependencies.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not OURS.match(entry.name):
            (dependencies / entry.name).symlink_to(entry)
    (site,) = environment.glob("lib/python3.*/site-packages")
    (site / "dependencies.pth").write_text(f"{dependencies}\n", encoding="utf-8")
    for command, module in (("airflow", "airflow"), ("pip", "pip")):
        script = environment / "bin" / command
        script.write_text(f'#!/bin/sh\nexec "{environment}/bin/python" -m {module} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return environment


@pytest.fixture(scope="module")
def installed(tmp_path_factory, project_root, airflow_database):
    folder = tmp_path_factory.mktemp("installed")
    hatchling = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(folder)]
    subprocess.run(hatchling, cwd=project_root, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    environment = clean_environment(folder)
    # An Airflow that is there already: its database is a copy of the tests' own, which is migrated.
    home = folder / "airflow"
    home.mkdir()
    migrated = Path(os.environ["AIRFLOW_HOME"]) / "airflow.db"
    with closing(sqlite3.connect(migrated)) as source, closing(sqlite3.connect(home / "airflow.db")) as target:
        source.backup(target)
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    with simulated_endpoint(SimulatorConfig.model_validate({"models": {"gpt-4o-mini": {}}, "api_keys": [KEY]})) as endpoint:
        environ = {
            **kept,
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "ENDPOINT_KEY": KEY,
            "ENDPOINT_URL": endpoint.base_url,
            "HOME": str(folder),
            "PATH": f"{environment / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # which is how pip spells --no-build-isolation
            "PIP_NO_INDEX": "1",
        }
        script = f"set -euo pipefail\n{commands_of(project_root / 'docs/install.md')}\nenv -0 > environment\n"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder / sdist.name.removesuffix(".tar.gz"),
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=1_800,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        set_up = (folder / sdist.name.removesuffix(".tar.gz") / "environment").read_text(encoding="utf-8")
        variables = dict(entry.split("=", 1) for entry in set_up.split("\0") if entry)
        asked = subprocess.run(
            [environment / "bin/python", "-c", WHERE],
            cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=True,
        )  # fmt: skip
        yield SimpleNamespace(
            folder=folder,
            site=environment,
            output=done.stdout,
            stats=endpoint.stats(),
            **json.loads(asked.stdout.splitlines()[-1]),
        )


def test_what_is_imported_is_the_wheel(installed, project_root):
    for path in [*installed.modules, installed.bundle]:
        assert path.startswith(f"{installed.site}/lib/"), path
    assert not [path for path in installed.path if path.startswith(str(project_root)) and "site-packages" not in path]


def test_every_dag_loads_and_its_form_knows_the_shipped_prompts(installed, project_root):
    assert installed.dag_errors == {}
    assert installed.dags == sorted(path.stem for path in (project_root / "dags").glob("*.py"))
    assert "topic" in installed.classifiers


def test_airflow_lists_the_provider_and_the_plugin_once(installed):
    assert installed.plugins == ["semtel"]
    assert installed.plugin_errors == {}
    assert installed.hook == "semtel_airflow.hooks.EndpointHook"
    assert re.search(r"^semtel\s+\|.* semtel-ops==", installed.output, re.MULTILINE), installed.output
    assert re.search(r"semtel-ops\s+\| \d", installed.output), installed.output


def test_the_weekly_dag_labels_and_publishes_the_sample(installed):
    lake = installed.folder / "semtel/lake"
    (totals,) = lake.glob(f"runs/week={WEEK}/run=*/totals.json")
    counted = json.loads(totals.read_text(encoding="utf-8"))
    assert (counted["sampled"], counted["landed_rows"], counted["by_status"]) == (20, 20, {"success": 20})
    assert (lake / f"reports/week={WEEK}/report.html").stat().st_size > 10_000
    with closing(sqlite3.connect(lake / "ledger.db")) as ledger:
        assert ledger.execute("SELECT count(*) FROM label").fetchone() == (20,)
    assert installed.stats["answered_bodies"] == 20


def test_the_key_is_in_no_output_and_no_file(installed):
    assert KEY not in installed.output
    for path in (installed.folder / "semtel").rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
