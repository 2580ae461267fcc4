import json

from semtel_ops.steps.align_compare import compare_labellers, read_alignment
from semtel_ops.steps.align_plan import AlignmentPlan
from semtel_ops.steps.align_records import alignment_records
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.alignments import INTENT, align, align_settings, simulator, write_chats


def test_a_row_says_what_the_document_says_and_finds_the_labeller_before_it_answers(tmp_path, project_root, monkeypatch):
    write_chats(tmp_path, 60)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/ledger.db")
    with simulated_endpoint(simulator()) as endpoint:
        settings = align_settings(tmp_path, endpoint.base_url, project_root / "include")
        align(tmp_path, settings, ["new", "twin"])
    plan = AlignmentPlan.load(str(tmp_path / "a1" / "plan.json"))
    result = read_alignment(plan)
    rows = alignment_records(plan, result)
    assert [(row.candidate, row.classifier) for row in rows] == [("new", INTENT), ("twin", INTENT)]
    new, found = rows[0], result.candidates["new"].classifiers[INTENT]
    assert (new.verdict, new.reason, new.n) == (found.verdict, found.reason, found.n)
    assert (new.excess, new.excess_low, new.excess_high) == (
        found.excess_disagreement.value,
        found.excess_disagreement.low,
        found.excess_disagreement.high,
    )
    assert [shift["label"] for shift in json.loads(new.shifts)] == [shift.label for shift in found.shifts]
    assert (new.simulated, new.gold_n, new.kappa_difference, new.url) == (True, 0, None, plan.page_url)
    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        compare_labellers(plan.url, ledger=ledger)
        candidate = plan.candidates[0]
        (known,) = AlignmentLedger(ledger).records(candidate="new", classifiers=[INTENT])
    assert known == new
    assert known.is_of("simulated-b", candidate.fingerprints[INTENT], candidate.strategy, candidate.reasoning_effort)
