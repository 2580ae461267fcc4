"""The labeller gives a label 3 points more often, the users did not change: who is named."""

from tests.simulations.figures import Figure, at_least, at_most
from tests.simulations.weeks import week_pairs

RUNS = 400


def simulate(runs, seed):
    named = week_pairs(runs, seed, m=2000, labeller=0.03)
    return [
        Figure("the users are named without a bridge: all of them", named.raw, low=runs, of=runs),
        at_most("the users are named with a bridge of 2,000 rows", named.users, runs),
        at_least("the labeller is named, for the label that moved", named.labeller_planted, runs, 0.99, RUNS),
    ]
