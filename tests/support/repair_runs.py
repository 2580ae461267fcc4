"""Repairs with known truth: the real search and the real test, with labels that are drawn.

A prompt is right in a row with its accuracy, independently of rows and of other prompts; one of 40 may be planted as better.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semtel_ops.repair.answers import Answers
from semtel_ops.repair.confirm import Confirmation, confirm
from semtel_ops.repair.guard import Guard
from semtel_ops.repair.library import load_library
from semtel_ops.repair.mutators import Mutator
from semtel_ops.repair.notebook import MemoryNotebook
from semtel_ops.repair.parts import fingerprint
from semtel_ops.repair.prompty_parts import read_parts
from semtel_ops.repair.search import Search, SearchConfig, Task
from semtel_ops.repair.split import Split

ROOT = Path(__file__).resolve().parents[2]
START = read_parts(ROOT / "include" / "prompts" / "topic.prompty").parts
LIBRARY = load_library(ROOT / "include" / "repair" / "instructions.yaml").of_kind("one_of")
PROMPTS = 40


class Variants(Mutator):
    """Each proposal adds the next of 40 rules, whichever prompt it is made from."""

    name = "variant"

    def __init__(self):
        self._next = iter(range(PROMPTS))

    def propose(self, facts, tools):
        for number in self._next:
            yield facts.parts.with_rule(rule_of(number)), str(number)


def rule_of(number):
    return f"Variant number {number} applies."


class DrawnLabels:
    """Labels of a prompt: right with its accuracy, else one of the others."""

    def __init__(self, truth, *, accuracy, planted, gain, seed):
        self._rows = {row: at for at, row in enumerate(truth)}
        self._labels = [label.id for label in START.labels]
        self._codes = np.array([self._labels.index(label) for label in truth.values()])
        self._accuracy, self._planted, self._gain, self._seed = accuracy, planted, gain, seed
        self._drawn = {}

    def forecast_usd(self, prompt, rows):
        return 0.0

    def __call__(self, prompt, rows, *, budget_usd=None):
        labels = self._labels_of(prompt)
        return Answers({row: self._labels[labels[self._rows[row]]] for row in rows}, price_usd=float(len(rows)))

    def _labels_of(self, prompt):
        name = fingerprint(prompt)
        if name not in self._drawn:
            rng = np.random.default_rng([int(name, 16), self._seed])
            planted = self._planted is not None and any(rule_of(self._planted) in part.text for part in prompt.segments)
            right = rng.random(len(self._codes)) < self._accuracy + self._gain * planted
            wrong = (self._codes + rng.integers(1, len(self._labels), len(self._codes))) % len(self._labels)
            self._drawn[name] = np.where(right, self._codes, wrong)
        return self._drawn[name]


@dataclass(frozen=True)
class Repaired:
    """`apparent`: gain of the best finalist on the search rows, in shares of right rows; `found`: None if there was no winner."""

    apparent: float
    found: Confirmation | None
    is_planted: bool

    @property
    def better(self):
        return self.found is not None and self.found.verdict == "better"


def repair_once(seed, *, search, select, confirm_rows, planted_gain=0.0, accuracy=0.8):
    """One repair of 40 prompts: of equal truth, or one better than the others by `planted_gain`."""
    rng = random.Random(seed)
    labels = [label.id for label in START.labels]
    ids = [f"c{at}" for at in range(search + select + confirm_rows)]
    truth = {each: rng.choice(labels) for each in ids}
    rows = Split(tuple(ids[:search]), tuple(ids[search : search + select]), tuple(ids[search + select :]))
    planted = rng.randrange(PROMPTS) if planted_gain else None
    ask = DrawnLabels(truth, accuracy=accuracy, planted=planted, gain=planted_gain, seed=seed)
    task = Task(START, truth, rows, Guard([], START), lambda _: True)
    config = SearchConfig(max_prompts=PROMPTS, depth=PROMPTS, seed=seed)  # enough rounds to try all of them
    run = Search(task, ask=ask, notebook=MemoryNotebook(), config=config, mutators={"variant": Variants()})
    found = run.run()
    assert found.tried == PROMPTS
    best = max((each.search.agreement for each in found.finalists), default=found.start.search.agreement)
    apparent = best - found.start.search.agreement
    if found.winner is None:
        return Repaired(apparent, None, is_planted=False)
    start, winner = found.start.trial, found.winner.trial
    for trial in (start, winner):
        run.ask_about(trial, rows.confirm)
    lost = sum(start.labels[row] == truth[row] != winner.labels[row] for row in rows.confirm)
    won = sum(winner.labels[row] == truth[row] != start.labels[row] for row in rows.confirm)
    is_planted = planted is not None and any(note == str(planted) for _, note in winner.changes)
    return Repaired(apparent, confirm(len(rows.confirm), lost, won, look=1), is_planted)


def looks_until_better(seed, looks, rows=300, accuracy=0.8):
    """Whether any of so many looks at the same rows, by prompts that are all like the start prompt, says "better"."""
    rng = np.random.default_rng(seed)
    start = rng.random(rows) < accuracy
    for look in range(1, looks + 1):
        other = rng.random(rows) < accuracy
        found = confirm(rows, int((start & ~other).sum()), int((other & ~start).sum()), look)
        if found.verdict == "better":
            return True
    return False
