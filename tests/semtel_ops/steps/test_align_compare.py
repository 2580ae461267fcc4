"""What is concluded from answers that are there: with labels by people, killed at any change, and of conversations set aside."""

import json
import shutil

import pytest

from semtel_ops.steps.align_compare import compare_labellers, write_alignment_page
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, SUBJECTS, align, align_settings, simulator, write_chats
from tests.support.killing import killed_at_each_change

ROWS = 120
RIGHT = ("problem_solving", "content_creation", "learning", "information_retrieval", "leisure")


@pytest.fixture(scope="module")
def aligned(tmp_path_factory, project_root):
    """A folder with an alignment; half of the records have golden labels, with which the incumbent agrees."""
    folder = tmp_path_factory.mktemp("aligned")
    write_chats(folder, ROWS, {at: {INTENT: RIGHT[at % len(SUBJECTS)]} for at in range(ROWS)})
    with simulated_endpoint(simulator()) as endpoint, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        settings = align_settings(folder, endpoint.base_url, project_root / "include")
        align(folder, settings)
    return folder


@pytest.fixture
def folder(aligned, tmp_path):
    shutil.copytree(aligned, tmp_path / "copy")
    return tmp_path / "copy"


def found(folder):
    document = json.loads((folder / "a1" / "alignment.json").read_text(encoding="utf-8"))
    return document["candidates"]["new"]["classifiers"][INTENT]


def test_a_candidate_that_people_agree_with_less_is_worse_and_says_about_which_label(aligned):
    result = found(aligned)
    assert (result["verdict"], result["decision"], result["quality"]) == ("worse", "adjust", "worse")
    assert result["kappa"]["value"] < 0
    assert result["kappa"]["n"] == ROWS
    shifts = {shift["label"]: shift for shift in result["shifts"]}
    assert shifts["content_creation"]["gold"]["candidate"] > shifts["content_creation"]["gold"]["incumbent"]
    assert "People agree less with the candidate." in (aligned / "a1" / "report.html").read_text(encoding="utf-8")


def test_killed_at_any_change_and_repeated_the_results_are_the_same(folder):
    url = f"sqlite:///{folder}/ledger.db"
    plan = str(folder / "a1" / "plan.json")
    expected = found(folder)
    with open_ledger(url) as ledger:
        records = AlignmentLedger(ledger).records()

    def compare():
        with open_ledger(url) as ledger:
            compare_labellers(plan, ledger=ledger)

    def compare_and_show():
        compare()
        write_alignment_page(plan)

    def nothing():
        for name in ("alignment.json", "report.html"):
            (folder / "a1" / name).unlink(missing_ok=True)

    ends = 0
    for _ in killed_at_each_change(compare_and_show, before=nothing):
        ends += 1
        compare()
        assert found(folder) == expected
        with open_ledger(url) as ledger:
            (record,) = AlignmentLedger(ledger).records()
        assert (record.verdict, record.shifts) == (records[0].verdict, records[0].shifts)
    assert ends >= 6
    assert (folder / "a1" / "report.html").is_file()


def test_answers_that_are_compared_again_are_as_old_as_they_were(folder):
    before = json.loads((folder / "a1" / "alignment.json").read_text(encoding="utf-8"))["measured_at"]
    with open_ledger(f"sqlite:///{folder}/ledger.db") as ledger:
        compare_labellers(str(folder / "a1" / "plan.json"), ledger=ledger)
        (record,) = AlignmentLedger(ledger).records()
    assert json.loads((folder / "a1" / "alignment.json").read_text(encoding="utf-8"))["measured_at"] == before
    assert record.measured_at.isoformat().replace("+00:00", "Z") == before
