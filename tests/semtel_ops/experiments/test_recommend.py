import pytest

from semtel_ops.experiments.recommend import frontier, recommend, shortfall
from tests.support.experiments import make_cell, make_result

PLAIN = make_result(kappas={"topic": 0.95, "mood": 0.95}, cost_usd=10.0)


def cell(pack, kappa, cost_usd, **fields):
    return make_result(make_cell(pack), kappas={"topic": kappa, "mood": kappa}, cost_usd=cost_usd, **fields)


def choose(*cells, **settings):
    return recommend([PLAIN, *cells], **{"floor": 0.7, "min_n": 100, **settings})


def test_what_another_cell_beats_in_both_is_not_on_the_frontier():
    cells = [PLAIN, cell(5, 0.9, 4.0), cell(10, 0.85, 5.0), cell(20, 0.6, 1.0)]
    assert frontier(cells) == [cells[3].cell.id, cells[1].cell.id, PLAIN.cell.id]


def test_cells_of_equal_price_leave_the_better_one():
    cells = [cell(5, 0.8, 4.0), cell(10, 0.9, 4.0)]
    assert frontier(cells) == [cells[1].cell.id]


def test_without_a_price_tokens_order_the_cells():
    cells = [cell(5, 0.9, None), cell(10, 0.8, 1.0)]
    # Ten share a call for fewer tokens than five; that its price alone is known does not count.
    assert frontier(cells) == [cells[1].cell.id, cells[0].cell.id]


def test_the_cheapest_that_reaches_the_floor_is_recommended_with_what_it_saves():
    five = cell(5, 0.85, 4.0)
    found = choose(five, cell(20, 0.6, 1.0))
    assert found.cell == five.cell.id
    assert "60% lower cost than plain requests" in found.reason


def test_the_lower_end_of_the_interval_must_reach_the_floor():
    assert choose(cell(10, 0.74, 1.0, half=0.03)).cell == make_cell(10).id
    found = choose(cell(10, 0.74, 1.0, half=0.06))
    assert found.cell == PLAIN.cell.id
    assert "Stay with plain requests" in found.reason


def test_one_classifier_under_the_floor_is_enough_to_refuse_a_cell():
    mixed = make_result(make_cell(10), kappas={"topic": 0.95, "mood": 0.5, "other": 0.6}, cost_usd=1.0)
    assert shortfall(mixed, floor=0.7, min_n=100) == "kappa of mood has a lower bound of 0.45, and 1 more"
    assert choose(mixed).cell == PLAIN.cell.id


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (cell(10, 1.0, 1.0, n=20, half=0.0), "compared 20 times; 100 are needed"),
        (cell(10, None, 1.0), "not defined: only one label"),
        (cell(10, 0.95, 1.0, invalid=60), "10.0% of its rows have no label"),
        (make_result(make_cell(10), kappas={}), "nothing to compare"),
    ],
)
def test_what_proves_nothing_is_not_recommended(result, why):
    assert why in shortfall(result, floor=0.7, min_n=100)
    assert choose(result).cell == PLAIN.cell.id


def test_a_sample_too_small_to_prove_anything_is_called_that():
    assert "20 compared conversations are too few, 100 are needed" in choose(cell(10, 1.0, 0.05, n=20)).reason


def test_against_golden_labels_plain_calls_have_to_reach_the_floor_too():
    weak = make_result(kappas={"topic": 0.6}, cost_usd=10.0)
    assert recommend([weak], floor=0.7, min_n=100, against="golden").cell is None
    assert recommend([weak], floor=0.5, min_n=100, against="golden").cell == weak.cell.id


def test_against_golden_labels_a_cell_may_cost_more_than_free_plain_requests():
    free = make_result(kappas={"topic": 0.6}, cost_usd=0.0)
    paid = make_result(make_cell(5), kappas={"topic": 0.9}, cost_usd=4.0)
    chosen = recommend([free, paid], floor=0.7, min_n=100, against="golden")
    assert chosen.cell == paid.cell.id
    assert chosen.reason == "The cheapest strategy with a kappa of at least 0.70 for every classifier."
