"""Each module of the rooms where a run happens has a test file of its own: its behaviour is found by its name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("runs", "shards", "steps")
MODULES = [
    path.relative_to(ROOT)
    for room in ROOMS
    for path in sorted((ROOT / "semtel_ops" / room).iterdir())
    if path.stem != "__init__" and (path.suffix == ".py" or (path / "__init__.py").exists())
]
"""A package within a room counts as one module."""


def mirror_of(module: Path) -> Path:
    """semtel_ops/steps/plan.py → tests/semtel_ops/steps/test_plan.py"""
    return Path("tests") / module.with_name(f"test_{module.stem}.py")


def test_the_rooms_are_found():
    assert {module.parts[1] for module in MODULES} == set(ROOMS)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_each_module_has_its_test_file(module):
    mirror = mirror_of(module)
    assert (ROOT / mirror).is_file(), f"{module} has no test file: write {mirror}"
    text = (ROOT / mirror).read_text(encoding="utf-8")
    assert "\ndef test_" in text or "\nasync def test_" in text, f"{mirror} has no tests: write those of {module}"
    dotted = ".".join(module.with_suffix("").parts)
    package, _, name = dotted.rpartition(".")
    assert f"from {dotted} import" in text or f"from {package} import {name}" in text, f"{mirror} does not import {dotted}"
