from dataclasses import replace
from datetime import UTC, datetime

from semtel_ops.repair.confirm import alpha_of
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.repair_ledger import RepairLedger, RepairLook

NOW, LATER = datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 11, 28, 10, tzinfo=UTC)


def begin(looks, proposal, *, set_hash="f" * 16, sketch="f", classifier="topic", start="s", now=NOW):
    return looks.begin(
        set_hash=set_hash, sketch=sketch, classifier=classifier, model="luna", start=start, proposal=proposal, now=now,
        alpha_of=alpha_of, shares_rows=lambda first, second: first == second,
    )  # fmt: skip


def test_looks_at_the_same_rows_are_numbered_and_get_less(ledger_url):
    with open_ledger(ledger_url) as ledger:
        looks = RepairLedger(ledger)
        first, second = begin(looks, "p1"), begin(looks, "p2", now=LATER)
        assert first == RepairLook("f" * 16, "topic", 1, "f", "luna", "s", "p1", NOW, 0.025)
        assert (second.look, second.alpha) == (2, 0.05 / 6)
        assert begin(looks, "p1", classifier="intent").look == 1
        assert begin(looks, "p1", set_hash="e" * 16, sketch="e").look == 1
        assert begin(looks, "p1", start="another").look == 3
        assert next(each.proposal for each in looks.looks("topic")) == "p2"
        assert len(looks.looks()) == 5


def test_the_same_comparison_again_is_the_same_look_and_keeps_what_it_showed(ledger_url):
    with open_ledger(ledger_url) as ledger:
        looks = RepairLedger(ledger)
        assert begin(looks, "p1") == begin(looks, "p1", now=LATER)
        done = replace(begin(looks, "p1"), n=300, lost=20, won=50, p_value=0.0002, verdict="better")
        looks.finish(done)
        assert begin(looks, "p1", now=LATER) == done
        assert len(looks.looks("topic")) == 1


def test_looks_at_sets_that_share_rows_are_counted_together(ledger_url):
    """Gold that grows by a row has another hash, and nearly the same rows."""
    with open_ledger(ledger_url) as ledger:
        looks = RepairLedger(ledger)
        assert begin(looks, "p1", set_hash="a").look == 1
        assert begin(looks, "p1", set_hash="b").look == 2
        assert begin(looks, "p2", set_hash="a").look == 3
        assert begin(looks, "p2", set_hash="c", sketch="other").look == 1
