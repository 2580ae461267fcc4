"""Stuart-Maxwell and Bhapkar where two labellers give all labels equally often, and where one of eight labels moved."""

import numpy as np

from semtel_ops.evaluation.homogeneity import bhapkar, stuart_maxwell
from tests.simulations.figures import at_least, at_most
from tests.simulations.weeks import joint

RUNS = 1000


def simulate(runs, seed):
    rng = np.random.default_rng(seed)
    figures = []
    for labels, rows in ((8, 2000), (8, 300), (3, 300), (32, 1000)):
        tables = rng.multinomial(rows, joint(labels, 0, 0.0).ravel(), runs).reshape(runs, labels, labels).tolist()
        rejected = [sum(test(table).p_value <= 0.05 for table in tables) for test in (stuart_maxwell, bhapkar)]
        name = f"{labels} labels, {rows:,} rows, no change"
        figures.append(at_most(f"{name}: Stuart-Maxwell rejects", rejected[0], runs, 0.06))
        figures.append(at_most(f"{name}: Bhapkar rejects", rejected[1], runs, 0.06))
    tables = rng.multinomial(2000, joint(8, 0, 0.03).ravel(), runs).reshape(runs, 8, 8).tolist()
    found = sum(bhapkar(table).p_value <= 0.05 for table in tables)
    return [*figures, at_least("8 labels, 2,000 rows, one moved 3 points: Bhapkar rejects", found, runs, 0.95, RUNS)]
