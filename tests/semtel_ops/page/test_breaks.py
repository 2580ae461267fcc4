from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, insert, update

from semtel_ops.page import PageContext
from semtel_ops.page.breaks import breaks_of, bridge_evidence, differences
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.bridge_ledger import BridgeLedger
from semtel_ops.store.labeller_ledger import LabellerRecord
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from tests.support.ledger_year import write_year
from tests.support.year_of_labellers import ALIGNMENT_ID, ASKED, FIRST, MOVED, SUCCESSOR, bridged_week

ONE = LabellerRecord("1", "topic", "mini", "mini-1", "1", "p", None, "s", None, datetime(2026, 11, 1, tzinfo=UTC))


@pytest.fixture
def change(tmp_path, project_root):
    """Change a ledger of eight weeks with statements, and return it as the page reads it, with its weeks."""

    def changed(*statements):
        url = f"sqlite:///{tmp_path}/ledger.db"
        with open_ledger(url) as ledger:
            weeks = write_year(ledger, weeks=8, prompts=project_root / "include/prompts")
            with ledger.write() as connection:
                for statement in statements:
                    connection.execute(statement)
        return PageContext(open_to_read(url), None, project_root / "include/prompts"), weeks

    return changed


def test_a_year_has_the_breaks_that_were_written_and_what_is_known_of_each(source, weeks):
    moved, bridged = breaks_of(source, weeks, ["topic"])["topic"]
    assert (moved.week, moved.before, moved.verdict) == (weeks[6], weeks[5], "none")
    assert moved.what == f"model from {FIRST} to {MOVED}, both asked as {ASKED}"
    assert (moved.served, moved.asked) == ((FIRST, MOVED), ASKED)
    assert (bridged.week, bridged.verdict, bridged.alignment_id) == (bridged_week(weeks), "bridge", ALIGNMENT_ID)
    assert bridged.what == f"model from {MOVED} to {SUCCESSOR}, reasoning effort from the default to low"
    assert bridged.evidence.startswith("Technology: labeller +3.0 (+2.1 to +3.9), users +0.2 (−1.1 to +1.5)")
    assert bridged.asked is None


def test_without_a_bridge_the_latest_alignment_of_the_two_counts_and_not_one_of_others(change):
    other = update(tables.alignment).where(tables.alignment.c.classifier == "topic").values(candidate_labeller="another")
    source, weeks = change(delete(tables.bridge), other)
    verdicts = {
        name: breaks_of(source, weeks, [name])[name][-1].verdict for name in ("topic", "user_expertise", "satisfaction")
    }
    assert verdicts == {"topic": "none", "user_expertise": "shifted", "satisfaction": "same"}


def test_a_second_labeller_of_a_small_part_of_a_week_is_no_break(change):
    few = {
        "week": "2026-W45", "classifier": "topic", "labeller": "few", "run_id": "r", "model": "m", "served_model": "m", "n": 1,
        "weight": 1.0,
    }  # fmt: skip
    source, weeks = change(insert(tables.weekly_labeller).values(few))
    assert [one.week for one in breaks_of(source, weeks, ["topic"])["topic"]] == [weeks[4], weeks[5]]


def test_weeks_of_an_earlier_release_have_a_break_where_the_version_changes(change):
    week = tables.weekly_share.c.week
    source, weeks = change(
        delete(tables.weekly_labeller),
        delete(tables.bridge),
        update(tables.weekly_share).where(week >= "2026-W44").values(classifier_version="2"),
    )
    (one,) = breaks_of(source, weeks, ["topic"])["topic"]
    assert (one.week, one.what, one.verdict) == ("2026-W44", "prompt from version 1 to 2", "none")


def test_the_first_week_with_a_labeller_on_record_is_no_break(change):
    source, weeks = change(delete(tables.weekly_labeller).where(tables.weekly_labeller.c.week < "2026-W44"))
    assert breaks_of(source, weeks[:6], ["topic"]) == {}


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({"served_model": "mini-2"}, "model from mini-1 to mini-2, both asked as mini"),
        ({"served_model": "large", "model": "large"}, "model from mini-1 to large"),
        ({"version": "2", "prompts": "q"}, "prompt from version 1 to 2"),
        ({"prompts": "q"}, "prompt text or parameters"),
        ({"reasoning_effort": "low"}, "reasoning effort from the default to low"),
        ({"strategy": "t"}, "how requests are shared or shortened"),
        ({"prompts": None, "strategy": None}, "another labeller"),
    ],
)
def test_what_differs_is_said_in_words(new, words):
    assert differences(ONE, replace(ONE, labeller="2", **new)) == words


def test_the_evidence_of_a_bridge_is_that_of_the_label_that_the_labeller_moved_most(source, weeks):
    rows = BridgeLedger(source.ledger).rows([bridged_week(weeks)], classifier="knowledge_work")
    less = [replace(row, labeller_change=-0.05, labeller_low=-0.06, labeller_high=-0.04) for row in rows[:1]]
    assert bridge_evidence(less + rows[1:], "Knowledge work") == (
        "Knowledge work: labeller −5.0 (−6.0 to −4.0), users +0.2 (−1.1 to +1.5); the labeller moved 2 of 2 labels, measured on 2,000 rows"
    )
