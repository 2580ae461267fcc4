"""What is in the wheel and in the source distribution: all that is needed at run time, and nothing else."""

import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import semtel_ops

ROOT = Path(__file__).resolve().parents[2]
IN_THE_WHEEL = {
    "semtel_ops": "semtel_ops",
    "plugins/semtel_airflow": "semtel_airflow",
    "dags": "semtel_airflow/dags",
    "include": "semtel_ops/include",
}
INFO = f"semtel_ops-{semtel_ops.__version__}.dist-info"


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source distribution, and the wheel that is built from it, as pip and an index see them."""
    out = tmp_path_factory.mktemp("dist")
    hatchling = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    subprocess.run([*hatchling, "-t", "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = out.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(out, filter="data")
    subprocess.run([*hatchling, "-t", "wheel"], cwd=out / sdist.name.removesuffix(".tar.gz"), check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return sdist, wheel


@pytest.fixture(scope="module")
def in_the_wheel(built):
    with zipfile.ZipFile(built[1]) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_file_of_the_packages_and_no_other(in_the_wheel):
    expected = {
        f"{target}/{path.relative_to(ROOT / source).as_posix()}"
        for source, target in IN_THE_WHEEL.items()
        for path in files_of(ROOT / source)
    }
    assert {name for name in in_the_wheel if not name.startswith(INFO)} == expected
    assert {name.removeprefix(f"{INFO}/") for name in in_the_wheel - expected} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_both_packages_say_that_they_are_typed(in_the_wheel):
    assert {"semtel_ops/py.typed", "semtel_airflow/py.typed"} <= in_the_wheel


def test_neither_has_tests_caches_or_state(built, in_the_wheel):
    with tarfile.open(built[0]) as archive:
        in_the_sdist = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.partition("/")[0] for name in in_the_sdist} == {
        *("CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "constraints.txt", "pyproject.toml", ".gitignore"),
        *("dags", "include", "plugins", "semtel_ops"),
    }
    for name in in_the_sdist | in_the_wheel:
        parts = name.split("/")
        assert not {"tests", "__pycache__", ".demo", ".airflowignore"} & set(parts), name
        assert not name.endswith((".pyc", ".db", ".env")), name


def test_an_index_is_told_what_it_is(built):
    with zipfile.ZipFile(built[1]) as archive:
        metadata = Parser().parsestr(archive.read(f"{INFO}/METADATA").decode())
        entry_points = archive.read(f"{INFO}/entry_points.txt").decode()
    assert (metadata["Name"], metadata["Version"]) == ("semtel-ops", semtel_ops.__version__)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().startswith("# semtel-ops")
    pythons = [
        one.rpartition(" ")[2]
        for one in metadata.get_all("Classifier")
        if one.startswith("Programming Language :: Python :: 3.")
    ]
    assert metadata["Requires-Python"] == "<3.14,>=3.11"
    assert pythons == ["3.11", "3.12", "3.13"]
    assert "[airflow.plugins]\nsemtel = semtel_airflow.plugin:SemtelPlugin\n" in entry_points
    assert "[apache_airflow_provider]\nprovider_info = semtel_airflow.provider:get_provider_info\n" in entry_points
    assert "[console_scripts]\nsemtel = semtel_ops.cli:main\n" in entry_points


def test_every_classifier_is_one_that_indexes_know():
    tomllib = pytest.importorskip("tomllib")
    trove = pytest.importorskip("trove_classifiers")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["classifiers"]) <= set(trove.classifiers)
