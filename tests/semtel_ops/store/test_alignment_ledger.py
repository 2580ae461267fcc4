from dataclasses import replace
from datetime import UTC, datetime

from semtel_ops.store.alignment_ledger import AlignmentLedger, AlignmentRecord
from semtel_ops.store.ledger_open import open_ledger

FIRST, LATER = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
RECORD = AlignmentRecord(
    alignment_id="luna-2", candidate="east-2", classifier="topic", incumbent="east",
    incumbent_labeller="a" * 16, incumbent_model="luna", incumbent_served_model="luna-1", incumbent_version="1.0.0",
    incumbent_prompts="p" * 32, incumbent_effort=None,
    candidate_labeller="b" * 16, candidate_model="luna", candidate_served_model="luna-2", candidate_version="1.0.0",
    candidate_prompts="p" * 32, candidate_effort="none",
    strategy="s" * 32, set_fingerprint="f" * 32, n=2000, margin=0.02, verdict="shifted", decision="adopt_with_bridge",
    reason="work rises by 3.0 points", excess=0.01, excess_low=0.0, excess_high=0.02, incumbent_flips=0.04,
    candidate_flips=0.05, incumbent_invalid=0.0, candidate_invalid=0.001, kappa_difference=None, kappa_low=None,
    kappa_high=None, gold_n=0, shifts="[]", cost_per_1000_usd=0.1, simulated=False, measured_at=FIRST, url="file:///page.html",
)  # fmt: skip


def test_an_alignment_is_replaced_and_the_latest_comes_first(ledger_url):
    with open_ledger(ledger_url) as ledger:
        alignments = AlignmentLedger(ledger)
        alignments.save("luna-2", [RECORD, replace(RECORD, classifier="tone")])
        alignments.save("luna-3", [replace(RECORD, alignment_id="luna-3", measured_at=LATER)])
        alignments.save("luna-2", [replace(RECORD, n=1999)])
        assert alignments.records() == [replace(RECORD, alignment_id="luna-3", measured_at=LATER), replace(RECORD, n=1999)]
        assert alignments.records(alignment_id="luna-2", candidate="east-2", classifiers=["topic"]) == [replace(RECORD, n=1999)]
        assert alignments.records(classifiers=["tone"]) == []


def test_an_adoption_keeps_its_first_date_and_names_what_is_new(ledger_url):
    with open_ledger(ledger_url) as ledger:
        alignments = AlignmentLedger(ledger)
        alignments.save("luna-2", [RECORD, replace(RECORD, classifier="tone")])
        assert alignments.adopt("luna-2", "east-2", "ada", FIRST, classifiers=["topic"], reason="retires soon") == ["topic"]
        assert alignments.adopt("luna-2", "east-2", "bob", LATER) == ["tone"]
        assert alignments.adopt("luna-2", "west", "bob", LATER) == []
        found = {record.classifier: record for record in alignments.records(adopted=True)}
        assert found["topic"] == replace(RECORD, adopted_at=FIRST, adopted_by="ada", adopted_reason="retires soon")
        assert found["tone"] == replace(RECORD, classifier="tone", adopted_at=LATER, adopted_by="bob")
        assert [record.classifier for record in alignments.records(adopted=True)] == ["tone", "topic"]


def test_an_adoption_survives_a_repeated_comparison_unless_its_result_is_another(ledger_url):
    with open_ledger(ledger_url) as ledger:
        alignments = AlignmentLedger(ledger)
        alignments.save("luna-2", [RECORD])
        alignments.adopt("luna-2", "east-2", "ada", FIRST)
        alignments.save("luna-2", [replace(RECORD, measured_at=LATER)])
        assert [record.adopted_by for record in alignments.records()] == ["ada"]
        alignments.save("luna-2", [replace(RECORD, verdict="worse", decision="adjust")])
        assert [record.adopted_by for record in alignments.records()] == [None]


def test_a_labeller_is_known_by_what_is_known_before_it_answers():
    luna = {"prompts": "p" * 32, "strategy": "s" * 32, "effort": "none"}
    assert RECORD.is_of("luna", **luna)
    assert RECORD.is_of("luna-2", **luna), "the name that answers"
    for other in ({"prompts": "q" * 32}, {"strategy": "t" * 32}, {"effort": None}):
        assert not RECORD.is_of("luna", **luna | other)
