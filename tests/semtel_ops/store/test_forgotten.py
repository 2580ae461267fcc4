from pathlib import Path

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.store.files import remove
from semtel_ops.store.forgotten import Forgotten, read_forgotten, remember
from semtel_ops.store.layout import Lake


def test_a_lake_knows_what_it_forgot_without_having_the_ids(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    assert not Forgotten(lake)
    name = remember(lake, ["anna@example.com", "c2"])
    assert remember(lake, ["c2", "anna@example.com"]) == name
    remember(lake, ["c3"])
    found = Forgotten(lake)
    assert [one in found for one in ("anna@example.com", "c2", "c3", "c4")] == [True, True, True, False]
    assert len(read_forgotten(lake)) == 3
    assert not any(b"anna" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    other = Lake(str(tmp_path / "other"))
    assert remember(other, ["c2", "anna@example.com"]) != name, "another lake has another salt"


def test_an_experiment_in_the_lake_forgets_what_the_lake_forgot(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    remember(lake, ["c1"])
    assert "c1" in Forgotten(Lake(lake.path("experiments", "packing", "lake")))
    assert "c1" not in Forgotten(Lake(lake.path("elsewhere", "packing", "lake")))


def test_a_list_without_its_salt_is_an_error_rather_than_an_empty_list(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    remember(lake, ["c1"])
    remove(lake.forgotten("salt.json"))
    with pytest.raises(StoreError, match="restore it from a backup"):
        Forgotten(lake)
