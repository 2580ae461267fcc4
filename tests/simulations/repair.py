"""Prompt repair: how often it is fooled by chance, and how often it finds a prompt that is better.

The real search changes a real prompt; only the labels are drawn (`tests/support/repair_runs.py`): a prompt is right in 80% of the
rows, independently of other prompts. Of 40 prompts none is better than the start prompt, or one is by eight points.
"""

from tests.simulations.figures import Figure, at_least, at_most
from tests.support.repair_runs import looks_until_better, repair_once

RUNS = 400


def simulate(runs, seed):
    seeds = range(1000 * seed, 1000 * seed + runs)
    few, many = ([repair_once(each, search=150, select=75, confirm_rows=n) for each in seeds] for n in (75, 600))
    looks = sum(looks_until_better(each, looks=20) for each in seeds)
    large = [repair_once(each, search=1200, select=600, confirm_rows=600, planted_gain=0.08) for each in seeds]
    small = [repair_once(each, search=600, select=300, confirm_rows=300, planted_gain=0.08) for each in seeds]
    gain = 100 * sum(each.apparent for each in many) / runs
    return [
        Figure("40 prompts equal in truth, search 150: apparent gain of the best, points", gain, low=3.0),
        at_most("the same: better, by 75 rows that confirm", _better(few), runs),
        at_most("the same: better, by 600 rows that confirm", _better(many), runs),
        at_most("20 looks at the same 300 rows, all prompts equal: better at any of them", looks, runs),
        at_least("one of 40 is 8 points better, 2,400 rows (confirm 600): found", _found(large), runs, 0.85, RUNS),
        Figure("the same, 1,200 rows (confirm 300): found", _found(small), of=runs),
        Figure("the same: the one that is better was chosen", sum(each.is_planted for each in small), of=runs),
    ]


def _better(repaired):
    return sum(each.better for each in repaired)


def _found(repaired):
    return sum(each.better and each.is_planted for each in repaired)
