"""What an image is made of: pinned, with hashes, listed, and under licences that allow its distribution. Asks no network."""

import json
import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
DISTRIBUTED = ("alerts", "azure", "cluster", "s3")
"""The extras that the image installs."""
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "licenses.py"))


def plain(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked():
    """Each line of the lock: its requirement and its hashes."""
    entries = re.split(r"\n(?=\S)", LOCK.strip())
    return [(Requirement(entry.split("\\")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)) for entry in entries]


def test_every_package_of_the_lock_is_pinned_with_hashes_and_names_no_place():
    for requirement, hashes in locked():
        assert [one.operator for one in requirement.specifier] == ["=="], str(requirement)
        assert hashes, str(requirement)
        assert requirement.url is None
    assert "://" not in LOCK


def test_the_lock_has_what_the_image_installs_within_its_bounds_and_agrees_with_the_constraints():
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = {}
    for requirement, _ in locked():
        versions.setdefault(plain(requirement.name), []).append(next(iter(requirement.specifier)).version)
    wanted = [*project["dependencies"], *(text for extra in DISTRIBUTED for text in project["optional-dependencies"][extra])]
    for text in wanted:
        requirement = Requirement(text)
        assert plain(requirement.name) in versions, f"{requirement.name}: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions[plain(requirement.name)]), (
            f"{text}: run `make lock`"
        )
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert version.split(" ")[0] in versions.get(plain(name), [version.split(" ")[0]]), f"{name}: run `make lock`"


def test_the_image_installs_from_the_lock_alone():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock" in dockerfile
    assert "pip install --no-cache-dir --no-deps /tmp/wheels/" in dockerfile
    assert {"pip install --no-cache-dir --require-hashes", "pip install --no-cache-dir --no-deps"} == set(
        re.findall(r"pip install --no-cache-dir --[\w-]+", dockerfile)
    )


@pytest.mark.parametrize(
    ("licenses", "allowed"),
    [
        (["MIT"], True), (["LGPL-3.0-only"], True), (["MPL-2.0 AND MIT"], True), (["Mozilla Public License 2.0 (MPL 2.0)"], True),
        (["GNU Lesser General Public License v3 (LGPLv3)"], True), (["Artistic-1.0 OR GPL-2.0-or-later"], True),
        (["GPL-3.0-only"], False), (["AGPL-3.0-or-later"], False), (["GNU General Public License v3 (GPLv3)"], False),
        (["GNU Affero General Public License v3"], False), (["MIT AND GPL-2.0-only"], False), (["MIT", "GPL-2.0-only"], False),
        (["SSPL-1.0"], False), (["BUSL-1.1"], False), ([], False),
    ],
)  # fmt: skip
def test_a_licence_that_extends_to_the_whole_is_refused(licenses, allowed):
    assert (SCRIPT["problem_of"](licenses) is None) is allowed


def test_the_list_of_licences_names_every_package_and_fails_for_one_that_must_not_be_there(tmp_path, capsys):
    good = {"name": "a", "version": "1", "licenses": [{"license": {"id": "MIT"}}]}
    read = {"name": "tiktoken", "version": "2"}
    bad = {"name": "b", "version": "3", "licenses": [{"expression": "GPL-3.0-only"}]}
    sbom, table = tmp_path / "sbom.json", tmp_path / "licenses.md"
    sbom.write_text(json.dumps({"components": [read, good]}))
    assert SCRIPT["main"](sbom, table) == 0
    assert table.read_text().splitlines()[2:] == ["| a | 1 | MIT |", "| tiktoken | 2 | MIT |"]
    sbom.write_text(json.dumps({"components": [good, bad]}))
    assert SCRIPT["main"](sbom, table) == 1
    assert "b 3: GPL-3.0-only" in capsys.readouterr().out
    sbom.write_text(json.dumps({"components": []}))
    assert SCRIPT["main"](sbom, table) == 1, "a list of nothing is no list"


def test_ci_lists_what_is_distributed_and_keeps_the_lists():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]
    steps = jobs["supply-chain"]["steps"]
    assert any(step.get("run", "").startswith("make sbom") for step in steps)
    (kept,) = (step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", ""))
    assert kept == "build/sbom"


IMAGES = {"POSTGRES_IMAGE", "REDIS_IMAGE", "AIRFLOW_IMAGE", "VERSITYGW_IMAGE"}


@pytest.fixture
def digests(tmp_path):
    """Runs the script that pins digests with a docker that knows these, and returns its exit code and what it wrote."""

    def run(says):
        docker = tmp_path / "docker"
        docker.write_text(f"#!/bin/sh\n{says}\n")
        docker.chmod(0o755)
        path = f"{tmp_path}:{os.environ['PATH']}"
        ended = subprocess.run(  # noqa: PLW1510 - the code is what is asked for
            [ROOT / "scripts" / "image_digests.sh", tmp_path / "images.env"], cwd=ROOT, env={"PATH": path}, capture_output=True
        )
        out = tmp_path / "images.env"
        return ended.returncode, out.read_text() if out.exists() else None

    return run


def test_every_image_that_is_pulled_can_be_pinned_by_its_digest(digests):
    compose = (ROOT / "docker-compose.yaml").read_text(encoding="utf-8")
    code, written = digests(f"echo '\"sha256:{'a' * 64}\"'")
    assert code == 0
    pinned = dict(line.split("=", 1) for line in written.splitlines())
    assert set(pinned) == IMAGES
    for name, image in pinned.items():
        tag, _, digest = image.partition("@sha256:")
        assert len(digest) == 64
        assert f"${{{name}:-{tag}}}" in compose
    froms = re.findall(r"^FROM (\S+) AS", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    bases = yaml.safe_load(compose)["services"]["objectstore"]["build"]["additional_contexts"]
    assert set(froms) == set(bases)
    assert all(source.startswith("docker-image://${") for source in bases.values())


@pytest.mark.parametrize("says", ["exit 1", "echo", "echo '\"sha256:short\"'", "echo error: no such manifest"])
def test_an_image_without_a_digest_pins_nothing(digests, says):
    code, written = digests(says)
    assert code != 0
    assert written is None
