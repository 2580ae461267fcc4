"""Each simulation with few runs and a fixed seed: its bounds hold, wider by as much as the runs are fewer."""

import types

import pytest

from tests.simulations import __main__ as runner
from tests.simulations.figures import Figure, at_least, at_most, cover

SEED = 13
RUNS = {
    "both_moved": 40,
    "bridge_cover": 120,
    "corrected_cover": 150,
    "equivalence": 200,
    "kappas": 40,
    "labeller_moved": 40,
    "margins": 100,
    "nothing_changed": 40,
    "old_gold": 150,
    "repair": 16,
    "same_labeller": 40,
    "sentinels": 100,
    "users_moved": 40,
}


@pytest.mark.parametrize("name", sorted(runner.simulations()))
def test_its_figures_keep_their_bounds(name):
    figures = runner.simulations()[name].simulate(RUNS.get(name, 40), SEED)
    assert [str(figure) for figure in figures if not figure.holds] == []
    assert any(figure.bound for figure in figures)


def test_bounds_by_hand():
    # 5% of 400 is 20, plus 1.8·√(400·.05·.95) = 7.85.
    assert at_most("", 28, 400).holds
    assert not at_most("", 29, 400).holds
    assert at_least("", 340, 400, 0.85, 400).holds
    assert not at_least("", 339, 400, 0.85, 400).holds
    assert (cover("", 930, 1000, 1000).low, cover("", 930, 1000, 1000).high) == (93.0, 97.0)
    assert cover("", 93, 100, 1000).low < 93.0


def test_a_missed_bound_is_exit_code_1(monkeypatch, capsys):
    def simulate(runs, seed):
        return [Figure("wrong", 3, high=2, of=runs)]

    missed = types.SimpleNamespace(__doc__="A simulation.", RUNS=10, simulate=simulate)
    monkeypatch.setattr(runner, "simulations", lambda: {"missed": missed})
    assert runner.main([]) == 1
    assert "MISSED" in capsys.readouterr().out


def test_an_unknown_name_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        runner.main(["unknown"])
    assert "sentinels" in capsys.readouterr().err
