"""Run the simulations, print each figure beside its bound, and exit with 1 if a bound is missed."""

import argparse
import importlib
import pkgutil
import sys
import time

import tests.simulations as folder


def simulations():
    """Modules of this folder that simulate something, by name."""
    modules = {
        each.name: importlib.import_module(f"{folder.__name__}.{each.name}")
        for each in pkgutil.iter_modules(folder.__path__)
        if each.name != "__main__" and not each.name.startswith("test_")
    }
    return {name: module for name, module in sorted(modules.items()) if hasattr(module, "simulate")}


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m tests.simulations", description=folder.__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="simulations to run; all by default")
    parser.add_argument("--runs", type=int, help="runs of each, instead of its full number")
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    known = simulations()
    unknown = sorted(set(options.names) - known.keys())
    if unknown:
        parser.error(f"{unknown[0]} is not one of {', '.join(known)}")
    missed, begun = 0, time.monotonic()
    for name in options.names or list(known):
        module, at = known[name], time.monotonic()
        runs = options.runs or module.RUNS
        print(f"{name}: {module.__doc__.splitlines()[0]}")
        figures = module.simulate(runs, options.seed)
        for figure in figures:
            print(figure)
        missed += sum(not figure.holds for figure in figures)
        print(f"  {runs} runs, {time.monotonic() - at:.1f} s\n", flush=True)
    print(f"{missed or 'no'} bounds missed, {time.monotonic() - begun:.0f} s in total")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
