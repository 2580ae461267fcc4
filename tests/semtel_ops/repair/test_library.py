from pathlib import Path

import pytest

from semtel_ops.classifiers import Kind
from semtel_ops.errors import ConfigError
from semtel_ops.repair.guard import Guard
from semtel_ops.repair.library import load_library
from tests.support.repair_runs import START

SHIPPED = Path(__file__).resolve().parents[3] / "include" / "repair" / "instructions.yaml"


def test_the_shipped_library_has_instructions_for_every_kind_and_all_are_permitted():
    library = load_library(SHIPPED)
    guard = Guard([], START)
    for kind in Kind:
        assert len(library.of_kind(kind.value)) >= 4
    assert [each.id for each in library.instructions if guard.refuse(START.with_rule(each.text)) is not None] == []
    assert len({each.id for each in library.instructions}) == len(library.instructions)


def test_a_wrong_library_is_one_line_with_field_and_value(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text("instructions:\n  - id: x\n    text: 'two\n\n      lines {{ x }}'\n")
    with pytest.raises(ConfigError, match=r"instructions\.0\.text"):
        load_library(path)
