from semtel_ops.report.reprocessed import read_reprocessed

TOLD = {"base_run": "r1", "requested_by": "ada", "reason": "the prompt\nwas wrong.", "asked_rows": 1200, "carried_rows": 30}
CHANGE = {
    "classifier": "topic",
    "rows": 600,
    "asked": 600,
    "added": 0,
    "relabelled": 0,
    "mended": 0,
    "lost": 0,
    "not_success": 1,
}


def sentences(**more) -> str:
    return " ".join(read_reprocessed(TOLD | more).sentences)


def test_a_run_that_is_no_reprocess_has_none():
    assert read_reprocessed(None) is None


def test_before_it_is_weighed_it_says_who_asked_why_and_for_how_much():
    assert sentences() == ("Requested by ada: the prompt was wrong. Labels 1,200 rows again; 30 carried over from run r1.")


def test_it_names_the_classifiers_whose_labels_changed_and_what_was_won_and_lost():
    changes = [CHANGE | {"relabelled": 7, "mended": 2}, CHANGE | {"classifier": "intent", "lost": 1, "added": 600}]
    assert sentences(changes=changes).endswith("Labels changed: 7 of topic; 2 rows recovered; 1 row lost; 600 rows new.")
    assert sentences(changes=[CHANGE]).endswith("No label changed.")


def test_it_says_who_decided_or_that_nobody_did():
    assert sentences(decided_by="grace", rejected=False).endswith("Approved by grace.")
    assert sentences(decided_by="grace", rejected=True).endswith("Rejected by grace.")
    assert sentences(decided_by=None, rejected=True).endswith("Rejected: nobody approved it in time.")
    assert sentences(decided_by=None, rejected=False).endswith("carried over from run r1.")
