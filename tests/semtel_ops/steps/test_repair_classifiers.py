import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.repair.result import Reference
from semtel_ops.steps.repair_classifiers import RepairReference, forecast_repairs, repair_classifiers, summary_of
from tests.support.repair_bench import RepairBench


@pytest.mark.slow
def test_classifiers_share_one_budget_and_have_a_folder_each(installation, ledger):
    bench = RepairBench(installation)
    out = f"{installation.folder}/out"
    references = {
        "topic": RepairReference(Reference.GOLD, bench.reference),
        "user_intent": RepairReference(Reference.GOLD, dict.fromkeys(bench.reference, "learning")),
    }
    resources = installation.resources()
    options = bench.options(search={"depth": 1, "mutations": 2})
    forecasts = forecast_repairs(bench.labeller, references, out=out, options=options, resources=resources)
    assert list(forecasts) == ["topic", "user_intent"]
    budget_usd = forecasts["topic"].least_usd + 0.9 * forecasts["user_intent"].least_usd
    tight = bench.options(search={"depth": 1, "mutations": 1, "budget_usd": budget_usd})
    found = repair_classifiers(bench.labeller, references, out=out, ledger=ledger, options=tight, resources=resources)
    assert sum(each.spent_usd for each in found.values()) <= budget_usd
    assert found["user_intent"].budget_usd == pytest.approx(budget_usd - found["topic"].spent_usd)
    summary = summary_of(found["topic"], out)
    assert summary["page"] == f"{out}/topic/repair.md"
    assert (summary["verdict"], summary["reason"]) == (found["topic"].verdict.value, found["topic"].reason)
    with pytest.raises(ConfigError, match="budget"):
        poor = bench.options(search={"budget_usd": 1e-9})
        repair_classifiers(bench.labeller, references, out=f"{out}-2", ledger=ledger, options=poor, resources=resources)
