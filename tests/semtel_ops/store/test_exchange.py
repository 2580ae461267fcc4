import pytest

from semtel_ops.store.exchange import exchange


def test_an_exchange_of_folders_leaves_both_names(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "a").touch()
    if not exchange(first, second):
        pytest.skip("this file system cannot exchange folders: use ext4, XFS, Btrfs, tmpfs or APFS for the temporary folder")
    assert (second / "a").exists()
    assert not (first / "a").exists()
    with pytest.raises(FileNotFoundError):
        exchange(first, tmp_path / "third")
