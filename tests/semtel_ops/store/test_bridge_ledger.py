from semtel_ops.store.bridge_ledger import BridgeLedger, BridgeRow, replace_bridges
from semtel_ops.store.ledger_open import open_ledger


def row(label, week="2026-W47", classifier="topic"):
    numbers = dict.fromkeys(
        (
            "share_before", "labeller_change", "labeller_low", "labeller_high", "labeller_p", "seen_before", "seen_low",
            "seen_high", "seen_effective_n", "users_change", "users_low", "users_high", "users_p",
        ),
        0.25,
    )  # fmt: skip
    return BridgeRow(
        week=week, classifier=classifier, label=label, run_id="r", week_before="2026-W46", labeller_before="a" * 16,
        labeller="b" * 16, m=2_000, only_before=40, only_now=110, labeller_is_real=True, users_is_real=False, **numbers,
    )  # fmt: skip


def test_the_bridges_of_a_week_are_replaced_together_and_found_by_week_and_classifier(ledger_url):
    with open_ledger(ledger_url) as ledger:
        with ledger.write() as connection:
            replace_bridges(connection, "2026-W47", [row("work"), row("health"), row("yes", classifier="tone")])
            replace_bridges(connection, "2026-W48", [row("work", "2026-W48")])
        bridges = BridgeLedger(ledger)
        assert bridges.rows(["2026-W47"]) == [row("yes", classifier="tone"), row("health"), row("work")]
        assert bridges.rows(classifier="topic") == [row("health"), row("work"), row("work", "2026-W48")]
        with ledger.write() as connection:
            replace_bridges(connection, "2026-W47", [])
        assert bridges.rows() == [row("work", "2026-W48")]
