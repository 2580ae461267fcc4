import pytest

from semtel_ops.errors import BudgetExceededError
from semtel_ops.repair import read_parts
from semtel_ops.steps.repair_answers import SetAnswers, SetLabeller
from semtel_ops.steps.repair_prompts import PromptFolders
from tests.support.repair_bench import RepairBench

ROWS = [f"c{number}" for number in range(20)]


@pytest.fixture
def bench(installation):
    return RepairBench(installation, rows=40)


@pytest.fixture
def ask(bench, tmp_path):
    folder = bench.plan.prompts
    prompts = PromptFolders(read_parts(folder / "topic.prompty"), folder, tmp_path / "tried")
    return SetAnswers(bench.labeller, "topic", prompts, bench.installation.resources())


@pytest.fixture
def start(bench):
    return read_parts(bench.plan.prompts / "topic.prompty").parts


def test_rows_are_labelled_once_and_their_price_is_known_afterwards(bench, ask, start):
    forecast = ask.forecast_usd(start, ROWS)
    assert bench.reader.asked == []
    first = ask(start, ROWS, budget_usd=None)
    assert sorted(first.labels) == sorted(ROWS)
    assert len(bench.reader.asked) == 20
    assert 0 < first.cost_usd == pytest.approx(first.price_usd)
    assert ask.forecast_usd(start, ROWS) == forecast > 0
    again = ask(start, ROWS, budget_usd=None)
    assert (len(bench.reader.asked), again) == (20, first)


def test_a_longer_prompt_is_forecast_to_cost_more(ask, start):
    longer = start.with_rule("Be strict. " * 100)
    assert ask.forecast_usd(longer, ROWS) > ask.forecast_usd(start, ROWS)
    assert ask.forecast_usd(start, []) == 0.0


def test_a_budget_that_is_spent_stops_before_the_next_request(bench, ask, start):
    with pytest.raises(BudgetExceededError):
        ask(start, ROWS, budget_usd=0.00001)
    assert bench.reader.asked == []


def test_what_one_part_cost_is_not_charged_to_the_next(ask, start):
    first = ask(start, ROWS, budget_usd=None)
    more = [f"c{number}" for number in range(20, 40)]
    # The worst case of a request is $0.0043: its bytes as tokens. The last one needs it beside what the others cost.
    assert len(ask(start, more, budget_usd=0.0043 + 1.5 * first.cost_usd).labels) == 20


def test_runs_of_other_labellers_have_other_names(bench):
    other = SetLabeller(bench.plan.model_copy(update={"endpoint_names": ("west",)}), bench.frozen)
    assert other.name != bench.labeller.name
    assert other.lake.root == bench.plan.lake
