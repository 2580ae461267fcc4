"""Two weeks in which neither users nor labeller changed: how often any of 32 labels is named, bridged or not."""

from tests.simulations.figures import at_most
from tests.simulations.weeks import week_pairs

RUNS = 400


def simulate(runs, seed):
    named = week_pairs(runs, seed, m=2000)
    return [
        at_most("a change is named without a bridge", named.raw, runs),
        at_most("a change of the users is named with a bridge", named.users, runs),
        at_most("a change of the labeller is named", named.labeller, runs),
    ]
