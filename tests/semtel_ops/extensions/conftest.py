from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from semtel_ops.extensions import registry

Install = Callable[[str, Mapping[str, str], str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution: entry points of a group, and the code of its one module, `their_package`."""

    def make(group: str, entries: Mapping[str, str], code: str) -> None:
        info = tmp_path / "their_package-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 1.0\n")
        lines = "".join(f"{name} = {target}\n" for name, target in entries.items())
        (info / "entry_points.txt").write_text(f"[{group}]\n{lines}")
        (tmp_path / "their_package.py").write_text(code)
        registry._entry_points.cache_clear()

    monkeypatch.syspath_prepend(tmp_path)
    yield make
    registry._entry_points.cache_clear()
