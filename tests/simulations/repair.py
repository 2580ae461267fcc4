"""Prompt repair with known truth: how often it is fooled by chance, and how often it finds what is there.

    python tests/simulations/repair.py [RUNS]

The real search changes a real prompt; only the labels are drawn (`tests/support/repair_runs.py`): a prompt is right in 80% of the
rows, independently of other prompts. Prints each figure beside its bound, and exits with 1 if one is missed. Seeds are fixed.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.repair_runs import looks_until_better, repair_once


def main(runs: int = 400) -> int:
    began = time.monotonic()
    checks: list[tuple[str, float, str, bool]] = []

    def check(what: str, value: float, bound: float, *, least: bool) -> None:
        kept = value >= bound if least else value <= bound
        checks.append((what, value, f"{'≥' if least else '≤'} {bound:.1%}", kept))
        print(f"{'ok    ' if kept else 'MISSED'}  {what:<78} {value:6.1%}   {checks[-1][2]}", flush=True)

    equal = [repair_once(seed, search=150, select=75, confirm_rows=75) for seed in range(runs)]
    gain = sum(each.apparent for each in equal) / runs
    check("40 prompts equal in truth, search 150: apparent gain of the best, on average", gain, 0.03, least=True)
    check("  the same: says better, confirm 75", sum(each.better for each in equal) / runs, 0.05, least=False)
    equal = [repair_once(seed, search=150, select=75, confirm_rows=600) for seed in range(runs)]
    check("  the same: says better, confirm 600", sum(each.better for each in equal) / runs, 0.05, least=False)
    looks = sum(looks_until_better(seed, looks=20) for seed in range(runs)) / runs
    check("20 looks at the same 300 rows, all prompts equal: any of them says better", looks, 0.05 + 1.8 * 0.011, least=False)
    planted = [repair_once(seed, search=1200, select=600, confirm_rows=600, planted_gain=0.08) for seed in range(runs)]
    check("one of 40 is 8 points better, 2,400 rows (confirm 600): found", _found(planted), 0.85, least=True)
    planted = [repair_once(seed, search=600, select=300, confirm_rows=300, planted_gain=0.08) for seed in range(runs)]
    check("  the same, 1,200 rows (confirm 300)", _found(planted), 0.60, least=True)
    print(f"{runs} runs each, {time.monotonic() - began:.0f} s")
    return 0 if all(kept for *_, kept in checks) else 1


def _found(repaired) -> float:
    return sum(each.better and each.is_planted for each in repaired) / len(repaired)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:2])))
