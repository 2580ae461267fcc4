from dataclasses import replace
from datetime import UTC, datetime

from semtel_ops.store.labeller_ledger import LabellerLedger, LabellerRecord, WeeklyLabeller, replace_labellers
from semtel_ops.store.ledger_open import open_ledger

FIRST, LATER = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
RECORD = LabellerRecord("a" * 16, "topic", "luna", "luna-1", "1.0.0", "p" * 32, None, "s" * 32, "{}", FIRST)
WEEKLY = WeeklyLabeller("2026-W47", "topic", "a" * 16, "r1", "luna", "luna-1", 10, 10.0)


def test_a_week_has_the_labellers_of_its_published_run_who_labelled_most_first(ledger_url):
    with open_ledger(ledger_url) as ledger:
        other = replace(WEEKLY, labeller="b" * 16, n=20, weight=20.0)
        with ledger.write() as connection:
            replace_labellers(connection, "2026-W47", [WEEKLY, other], [RECORD, replace(RECORD, labeller="b" * 16)])
        assert LabellerLedger(ledger).of_weeks(["2026-W47"]) == [other, WEEKLY]
        with ledger.write() as connection:
            replace_labellers(connection, "2026-W47", [replace(WEEKLY, run_id="r2")], [RECORD])
        assert LabellerLedger(ledger).of_weeks(["2026-W47"]) == [replace(WEEKLY, run_id="r2")]
        assert LabellerLedger(ledger).of_weeks(["2026-W46"]) == []


def test_what_is_known_of_a_labeller_is_completed_and_never_overwritten(ledger_url):
    with open_ledger(ledger_url) as ledger:
        less = replace(RECORD, prompts=None, strategy=None, settings=None)
        for record in (less, replace(RECORD, first_seen_at=LATER), replace(less, model="other", first_seen_at=LATER)):
            with ledger.write() as connection:
                replace_labellers(connection, "2026-W47", [WEEKLY], [record])
        assert LabellerLedger(ledger).labellers() == [RECORD]
        assert LabellerLedger(ledger).labellers(["c" * 16]) == []
