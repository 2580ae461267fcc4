"""Users give a label 3.5 points more often, the new labeller 3 points less often: the published share hardly moves."""

from tests.simulations.figures import Figure, at_least
from tests.simulations.weeks import week_pairs

RUNS = 200


def simulate(runs, seed):
    named = week_pairs(runs, seed, m=2000, labeller=-0.03, users=0.035)
    return [
        Figure("the label is named without a bridge", named.raw_planted, high=max(int(0.05 * runs), 2), of=runs),
        at_least("the users are named with a bridge of 2,000 rows", named.users_planted, runs, 0.75, RUNS),
        at_least("the labeller is named", named.labeller_planted, runs, 0.98, RUNS),
    ]
