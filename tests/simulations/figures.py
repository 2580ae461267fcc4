"""A figure of a simulation, and the bound that it has to keep."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the range that it has to be in; None: no bound on this side. Without bounds, it is for comparison."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    of: int | None = None
    """Runs that were counted; the figure is then their number. None: a share in percent or another number."""

    @property
    def holds(self):
        return (self.low is None or self.value >= self.low) and (self.high is None or self.value <= self.high)

    @property
    def bound(self):
        if self.low is None and self.high is None:
            return ""
        if self.low is None:
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high is None else f"{self.low:g} – {self.high:g}"

    def __str__(self):
        shown = f"{self.value:g} of {self.of}" if self.of else f"{self.value:.4g}"
        state = "" if not self.bound else ("ok" if self.holds else "MISSED")
        return f"  {self.name:<76} {shown:>13}   {self.bound:<15} {state}".rstrip()


def at_most(name, hits, runs, rate=0.05):
    """Runs that may be wrong at this rate: at most the mean plus 1.8 standard deviations, 28 of 400 at 5%.

    A right method fails such a check in 3% of seeds; so seeds are fixed.
    """
    return Figure(name, hits, high=math.ceil(runs * rate + 1.8 * math.sqrt(runs * rate * (1 - rate))), of=runs)


def at_least(name, hits, runs, share, full):
    """Runs that have to find something: the share required of all runs, less 1.8 standard deviations for fewer runs."""
    slack = 1.8 * math.sqrt(share * (1 - share) * (1 / runs - 1 / full)) if runs < full else 0.0
    return Figure(name, hits, low=math.ceil(runs * max(share - slack, 0.0)), of=runs)


def cover(name, hits, runs, full, low=93.0, high=97.0):
    """Percent of runs whose interval covers the truth, with the bounds for the full number of runs, wider for fewer."""
    slack = 100 * 2.2 * math.sqrt(0.05 * 0.95 * (1 / runs - 1 / full)) if runs < full else 0.0
    return Figure(name, 100 * hits / runs, low=round(low - slack, 1), high=round(min(high + slack, 100.0), 1))
