"""The share of a label grows by 3 points, the labellers are equal: who is named."""

from tests.simulations.figures import Figure, at_least, at_most
from tests.simulations.weeks import week_pairs

RUNS = 400


def simulate(runs, seed):
    named = week_pairs(runs, seed, m=2000, users=0.03)
    return [
        Figure("the users are named without a bridge", named.raw_planted, of=runs),
        at_least("the users are named with a bridge of 2,000 rows", named.users_planted, runs, 0.85, RUNS),
        at_most("the labeller is named", named.labeller, runs),
        Figure(
            "the users are named with a bridge of 500 rows", week_pairs(runs, seed, m=500, users=0.03).users_planted, of=runs
        ),
    ]
