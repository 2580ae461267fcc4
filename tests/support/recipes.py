"""Recipes of the documentation, and a copy of the project to follow them in.

A code block with a title is a file; a `diff` block changes one.
"""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_COPIED = ("semtel_ops", "include", "plugins", "pyproject.toml", "tests/conftest.py", "tests/conformance", "tests/support")
_BLOCK = re.compile(r'^```(?P<language>\w+) title="(?P<file>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
_PROBLEMS = {"failure", "error", "skipped"}


@dataclass(frozen=True)
class Recipe:
    """What a page, or a section of a page, adds to the project.

    Attributes:
        page: where it is read, from the top of the project.
        files: to write, by path.
        changes: to make, in order: (path, lines of a diff).
    """

    page: str
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
        """Write its files and make its changes in a copy of the project."""
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            assert not (root / path).exists(), f"{path} is there already"
            (root / path).write_text(text, encoding="utf-8")
        for path, lines in self.changes:
            self._change(root / path, lines)

    def _change(self, path: Path, lines: list[str]) -> None:
        """Apply a diff without line numbers: its context is in the file once."""
        before = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        after = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, (
            f"{self.page}: its diff of {path.name} does not apply, for these lines are in the file {text.count(before)} "
            f"times; correct them on the page:\n{before}"
        )
        path.write_text(text.replace(before, after), encoding="utf-8")


def read_recipe(page: Path) -> Recipe:
    """A page that is one recipe."""
    return _recipe(page, page.stem, page.read_text(encoding="utf-8"))


def read_recipes(page: Path) -> Iterator[Recipe]:
    """The sections of a page that have files, in order."""
    for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        recipe = _recipe(page, section.partition("\n")[0], section)
        if recipe.files:
            yield recipe


def _recipe(page: Path, title: str, text: str) -> Recipe:
    recipe = Recipe(f"docs/{page.as_posix().partition('/docs/')[2]}", title)
    for block in _BLOCK.finditer(text):
        if block["language"] == "diff":
            recipe.changes.append((block["file"], block["text"].splitlines()))
        else:
            recipe.files[block["file"]] = block["text"]
    return recipe


@dataclass(frozen=True)
class SuiteRun:
    """What pytest made of some test files.

    Attributes:
        outcomes: test file → test → passed, or why not.
    """

    exit_code: int
    output: str
    outcomes: dict[str, dict[str, str]]


@dataclass(frozen=True)
class CopiedProject:
    """The library, the plugin and the conformance suites in a folder of their own."""

    root: Path

    @classmethod
    def of(cls, project: Path, root: Path) -> Self:
        for name in _COPIED:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if (project / name).is_dir():
                shutil.copytree(project / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(project / name, root / name)
        return cls(root)

    @property
    def suites(self) -> list[str]:
        """The conformance suites."""
        return [path.relative_to(self.root).as_posix() for path in (self.root / "tests/conformance").glob("test_*.py")]

    def run_python(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run code in a process that imports the library and the plugin of the copy."""
        return self._run(["-c", code], [self.root, self.root / "plugins"])

    def run_tests(self, *files: str, only: str = "", packages: Path | None = None) -> SuiteRun:
        """Run test files of the copy, or single tests of them, in a process of their own.

        Args:
            only: expression of `pytest -k`.
            packages: a folder of packages that are installed beside the copy.
        """
        results = self.root / "results.xml"
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={results}", "-k", only]
        done = self._run(["-m", "pytest", *options, *files], [self.root, *([] if packages is None else [packages])])
        output = done.stdout + done.stderr
        assert results.exists(), output
        paths = [file.partition("::")[0] for file in files]
        found: dict[str, dict[str, str]] = {path: {} for path in paths}
        for case in ET.parse(results).iter("testcase"):
            problem = next((child for child in case if child.tag in _PROBLEMS), None)
            module = case.get("classname") or ""
            file = next(path for path in paths if module.startswith(path.removesuffix(".py").replace("/", ".")))
            found[file][str(case.get("name"))] = "passed" if problem is None else f"{problem.tag}: {problem.text}"
        return SuiteRun(done.returncode, output, found)

    def _run(self, arguments: Sequence[str], paths: Sequence[Path]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
