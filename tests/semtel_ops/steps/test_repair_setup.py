from dataclasses import replace

import pytest

from semtel_ops.errors import ConfigError
from semtel_ops.repair.result import Reference
from semtel_ops.steps.repair_setup import RepairOptions, set_up
from tests.support.repair_bench import RepairBench
from tests.support.shards import write_endpoints


def opened(bench, classifier="topic", plan=None, **given):
    labeller = type(bench.labeller)(plan or bench.plan, bench.frozen)
    return set_up(
        labeller, classifier, bench.reference, reference_is=Reference.GOLD, out=bench.out, options=RepairOptions(),
        resources=bench.installation.resources(), **given,
    )  # fmt: skip


def test_a_repair_knows_its_prompt_rows_and_endpoint_before_it_asks(installation):
    bench = RepairBench(installation, rows=130)
    with opened(bench) as setup:
        assert (setup.classifier, setup.prompt_path.name, setup.endpoint.name) == ("topic", "topic.prompty", "east")
        assert len(setup.rows.rows) == 130
    assert bench.reader.asked == []


def test_efforts_are_tried_where_the_prompt_or_the_endpoint_has_one(installation):
    bench = RepairBench(installation, rows=130)
    with opened(bench) as setup:
        assert setup.efforts == ()
        assert replace(setup, options=RepairOptions(efforts=("none", "high"))).efforts == ("none", "high")
    write_endpoints(installation.folder, reasoning_effort="low")
    with opened(bench) as setup:
        assert setup.efforts == ("none", "medium")


def test_an_unknown_classifier_or_no_endpoint_is_one_line(installation):
    bench = RepairBench(installation, rows=130)
    with pytest.raises(ConfigError, match="did you mean topic"), opened(bench, "topics"):
        pass
    none = bench.plan.model_copy(update={"endpoint_names": ("west",)})
    with pytest.raises(ConfigError, match="no endpoint of this labeller"), opened(bench, plan=none):
        pass
