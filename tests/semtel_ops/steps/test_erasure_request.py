from pathlib import Path
from typing import Any

import pytest

from semtel_ops.errors import StoreError
from semtel_ops.settings import Settings
from semtel_ops.steps.approval import APPROVE, REJECT
from semtel_ops.steps.erasure_request import count_erasure, erase_if_approved, receipt_lines
from tests.support.finished_run import write_finished_run


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    write_finished_run(tmp_path / "lake")
    (tmp_path / "ids.txt").write_text("nobody")
    return {
        "ids_file": str(tmp_path / "ids.txt"),
        "settings": Settings(lake=f"{tmp_path}/lake", database_url=f"sqlite:///{tmp_path}/ledger.db"),
    }


@pytest.mark.parametrize(("approval", "dry_run", "ask"), [(True, True, False), (True, False, True), (False, False, False)])
def test_a_person_is_asked_with_the_table_before_anything_is_erased(
    given: Any, approval: bool, dry_run: bool, ask: bool
) -> None:
    counted = count_erasure(approval=approval, dry_run=dry_run, **given)
    assert (counted["ask"], counted["erase"]) == (ask, not dry_run)
    assert counted["subject"].startswith("Erase 1 conversation: 0 rows in ")
    assert "nothing of these conversations was found" in counted["body"]
    assert "nobody" not in str(counted)


def test_a_rejected_erasure_erases_nothing(given: Any, tmp_path: Path) -> None:
    assert erase_if_approved(given["ids_file"], {"chosen_options": [REJECT]}, settings=given["settings"]) == {
        "state": "rejected"
    }
    assert not (tmp_path / "lake" / "forgotten").exists()
    done = erase_if_approved(given["ids_file"], {"chosen_options": [APPROVE]}, settings=given["settings"])
    assert done["state"] == "done"


def test_what_could_not_be_removed_fails_the_task(given: Any, tmp_path: Path) -> None:
    (tmp_path / "lake" / "notes.txt").write_text("")
    with pytest.raises(StoreError, match=r"notes\.txt.*receipts/"):
        erase_if_approved(given["ids_file"], None, settings=given["settings"])


def test_a_receipt_says_what_was_removed_then_what_is_left_to_do_and_last_what_became_of_it() -> None:
    place = {"place": "landed", "what": "label rows of all runs", "files": 1, "rows": 5, "bytes": 2_048}
    receipt: Any = {
        "request": "r1", "state": "incomplete", "places": [place], "asked_again": 2, "cost_usd": 0.5, "verified_files": 3,
        "provider_files": [{"file_id": "f1", "endpoint": "east", "deleted": False}], "remaining": ["a: is damaged"],
        "elsewhere": ["the source: delete there"],
    }  # fmt: skip
    assert receipt_lines(receipt) == [
        "place     files       rows      bytes  what",
        "landed        1          5      2 KiB  label rows of all runs",
        "",
        "2 replies also answered for other conversations; asking for them again costs $0.50",
        "file f1 at east: not deleted",
        "",
        "could not be removed:",
        "  - a: is damaged",
        "",
        "not reached by this command, for you to do:",
        "  - the source: delete there",
        "",
        "incomplete: repair or remove what is named above, then run the same command again; request r1",
    ]
    assert receipt_lines({**receipt, "state": "done"})[-1] == "done: 3 files read again, nothing found; request r1"
