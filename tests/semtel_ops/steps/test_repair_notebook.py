from pathlib import Path

from semtel_ops.steps.repair_notebook import FolderNotebook


def test_a_note_is_kept_the_moment_it_is_recorded(tmp_path):
    folder = f"{tmp_path}/notes"
    FolderNotebook(folder).record("labels-a", {"cost_usd": 0.5})
    assert FolderNotebook(folder).recall("labels-a") == {"cost_usd": 0.5}
    assert FolderNotebook(folder).recall("labels-b") is None


def test_a_damaged_note_counts_as_none(tmp_path):
    folder = tmp_path / "notes"
    FolderNotebook(str(folder)).record("a", 1)
    (note,) = folder.iterdir()
    note.write_text('{"key": "b", "value": 1}')
    assert FolderNotebook(str(folder)).recall("a") is None
    note.write_text("{")
    assert FolderNotebook(str(folder)).recall("a") is None
    assert Path(folder).is_dir()
