"""Simulations with known truth: how often an interval covers it, and how often a test is wrong.

    make simulations                                all of them
    python -m tests.simulations corrected_cover     one, by the name of its module
    python -m tests.simulations --runs 100          fewer runs, with bounds that are wider by as much

A module of this folder with a function `simulate(runs, seed)` is a simulation; `RUNS` is its full number of runs. It returns
figures, each with its bound. A new module needs no registration. `test_small.py` runs each with few runs and a fixed seed in
`make test`.
"""
