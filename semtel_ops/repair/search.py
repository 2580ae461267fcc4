"""A search over changed prompts: a beam, races on growing parts of the search rows, and a choice on other rows.

Nothing here reads the rows that confirm: `confirm` does, once, for the one winner. The search is deterministic: from the same
seed, labels and suggestions it proposes the same prompts, so an interrupted search that is started again repeats its decisions
from what was paid for, and goes on.

Beam search over mutations is SAMMO's (arXiv 2404.02319), racing is Maron and Moore's (Hoeffding races, NIPS 1993) with a paired
jackknife in place of Hoeffding's bound.
"""

import hashlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from semtel_ops.errors import BudgetExceededError
from semtel_ops.humanize import coefficient, count
from semtel_ops.repair.answers import Ask, Labels, Propose
from semtel_ops.repair.facts import facts_of
from semtel_ops.repair.guard import MAX_GROWTH, Guard, Refusal
from semtel_ops.repair.library import Instruction
from semtel_ops.repair.mutators import MUTATORS, Mutation, Mutator, Tools
from semtel_ops.repair.mutators.mutator import Show, one_line
from semtel_ops.repair.notebook import Notebook
from semtel_ops.repair.parts import PromptParts, fingerprint
from semtel_ops.repair.purse import Purse
from semtel_ops.repair.score import Scale, Score, Weights, behind, groups_of, price_penalty, score_of
from semtel_ops.repair.split import Split
from semtel_ops.repair.trial import Trial

_Z_DROP: Final = 2.33
"""A prompt leaves the race if the 98% interval of its distance to the leader lies on the wrong side: at 90%, a race of
forty loses a tenth of the prompts that are really better, for a quarter fewer requests (tests/simulations/repair.py)."""


@dataclass(frozen=True, slots=True)
class SearchConfig:
    """How far a search goes.

    Attributes:
        beam: prompts that are changed further.
        depth: rounds of changes.
        mutations: changes of each prompt in a round.
        rungs: numbers of rows after which losers leave the race; the last stage is all search rows.
        full: at most so many prompts of a round are asked about all search rows.
        max_prompts: at most so many prompts are tried.
        budget_usd: hard limit on what the whole repair spends; None: none.
        seed: of proposals by chance.
        weights: what share shift and price cost.
    """

    beam: int = 4
    depth: int = 3
    mutations: int = 6
    rungs: tuple[int, ...] = (40, 120)
    full: int = 8
    max_prompts: int = 60
    budget_usd: float | None = None
    seed: int = 0
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, eq=False)
class Task:
    """What is repaired, and against what.

    Attributes:
        truth: row → label of the reference, for all rows.
        levels: labels are levels, so kappa has quadratic weights.
        efforts, library, show: see `Tools`.
        valid: whether a prompt makes a valid file with the same ids and the same form of the reply.
    """

    start: PromptParts
    truth: Labels
    rows: Split
    guard: Guard
    valid: Callable[[PromptParts], bool]
    levels: bool = False
    efforts: tuple[str, ...] = ()
    library: tuple[Instruction, ...] = ()
    show: Show | None = None


@dataclass(frozen=True, eq=False)
class Finalist:
    """A prompt that was asked about all search rows, with its scores; `select` None: it did not get that far."""

    trial: Trial
    search: Score
    select: Score | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """The end of a search.

    Attributes:
        start: the start prompt.
        winner: the best finalist on the select rows; None if none is better there than the start prompt.
        finalists: best first.
        tried: number of prompts that were asked about any row, without the start prompt.
        refused: proposals that were not asked, by reason.
        stopped: why the search ended, as a sentence.
        spent_usd: what the search and the choice cost.
    """

    start: Finalist
    winner: Finalist | None
    finalists: tuple[Finalist, ...]
    tried: int
    refused: Mapping[Refusal, int]
    stopped: str
    spent_usd: float


class Search:
    """A search of one prompt."""

    def __init__(
        self,
        task: Task,
        *,
        ask: Ask,
        notebook: Notebook,
        config: SearchConfig | None = None,
        propose: Propose | None = None,
        mutators: Mapping[str, Mutator] = MUTATORS,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._task, self._config = task, config or SearchConfig()
        self._ask, self._propose, self._notebook, self._say = ask, propose, notebook, say
        self._mutators = tuple(mutators.values())
        labels = dict.fromkeys(label.id for label in task.start.labels)
        labels |= dict.fromkeys(sorted(label for label in task.truth.values() if label is not None and label not in labels))
        self._rungs = tuple(rung for rung in self._config.rungs if rung < len(task.rows.search))
        self._scale = Scale(tuple(labels), task.levels, self._config.weights)
        self._purse = Purse(self._config.budget_usd)
        self._refused: Counter[Refusal] = Counter()
        self._seen: set[str] = set()
        self._suggestions: dict[str, str] = {}
        self._start_id = fingerprint(task.start)
        self._tried = 0
        self._start_price: float | None = None
        self._truths: dict[tuple[int, str, str], tuple[Any, Any]] = {}

    @property
    def purse(self) -> Purse:
        """The money of the search; what is left of it pays for confirming."""
        return self._purse

    def run(self) -> Found:
        """Search, and choose among the finalists.

        Raises:
            ConfigError: too few rows, or a budget that does not suffice for the start prompt and the end of the search.
            BudgetExceededError: the choice costs more than forecast; what was paid is kept.
        """
        rows = self._task.rows
        rows.check()
        start = Trial.of(self._task.start)
        self._seen.add(start.id)
        end_usd = end_of_search_usd(self._ask, self._task.start, rows, self._task.efforts, self._config)
        self._purse.set_aside(end_usd, self._ask.forecast_usd(start.parts, rows.search))
        for rung in (*self._rungs, len(rows.search)):  # in the parts that races ask about, which are sets of their own
            self._ask_about(start, rows.search[:rung])
        self._start_price = start.price_per_row_usd
        beam, stopped = [start], "all rounds were searched"
        try:
            for depth in range(self._config.depth):
                children = self._children(depth, beam)
                if not children:
                    stopped = "there was nothing new to propose"
                    break
                beam = self._best([*beam, *self._race(children, beam)], rows.search)[: self._config.beam]
                self._say(f"round {depth + 1}: {count(len(children), 'prompt')} tried, {self._line(beam[0])}")
                if self._tried >= self._config.max_prompts:
                    stopped = f"{count(self._tried, 'prompt')} were tried"
                    break
        except BudgetExceededError:
            stopped = "the budget for searching was spent"
        self._purse.release()
        return self._choose(start, [trial for trial in beam if trial is not start], stopped)

    def score(self, trial: Trial, rows: Sequence[str]) -> Score:
        """The score of a prompt on rows that it was asked about."""
        truth, _ = self._truth(rows)
        return score_of(self._scale, truth, self._scale.code(trial.labels, rows), self._price(trial))

    def ask_about(self, trial: Trial, rows: Sequence[str]) -> None:
        """Ask a prompt about rows, within what is left of the budget.

        Raises:
            BudgetExceededError: they could cost more than that.
        """
        self._ask_about(trial, rows)

    def _choose(self, start: Trial, finalists: list[Trial], stopped: str) -> Found:
        rows = self._task.rows
        for trial in (start, *finalists):
            self._ask_about(trial, rows.select)
        judged = [
            Finalist(trial, self.score(trial, rows.search), self.score(trial, rows.select)) for trial in (start, *finalists)
        ]
        first, *others = judged
        others.sort(key=_select_value, reverse=True)
        winner = others[0] if others and _select_value(others[0]) > _select_value(first) else None
        return Found(first, winner, tuple(others), self._tried, dict(self._refused), stopped, round(self._purse.spent_usd, 9))

    def _children(self, depth: int, beam: Sequence[Trial]) -> list[Trial]:
        children: list[Trial] = []
        for parent in beam:
            room = min(self._config.mutations, self._config.max_prompts - self._tried - len(children))
            children += itertools.islice(self._accepted(depth, parent), max(0, room))
        return children

    def _accepted(self, depth: int, parent: Trial) -> Iterator[Trial]:
        """Permitted proposals, each mutator in turn."""
        for mutation in self._proposals(depth, parent):
            child = parent.after(mutation)
            reason = self._refusal(child)
            if reason is None:
                self._seen.add(child.id)
                yield child
            else:
                self._refused[reason] += 1

    def _proposals(self, depth: int, parent: Trial) -> Iterator[Mutation]:
        task = self._task
        rng = random.Random(f"{self._config.seed}/{depth}/{parent.id}")
        facts = facts_of(parent.parts, task.truth, parent.labels, task.rows.search)
        propose = None if self._propose is None else self._suggested
        tools = Tools(rng, task.library, task.efforts, propose, task.show)
        first = rng.randrange(len(self._mutators))
        turns = [each.mutations(facts, tools) for each in (*self._mutators[first:], *self._mutators[:first])]
        while turns:
            for turn in tuple(turns):
                mutation = next(turn, None)
                if mutation is None:
                    turns.remove(turn)
                else:
                    yield mutation

    def _refusal(self, child: Trial) -> Refusal | None:
        if child.id in self._seen:
            return Refusal.KNOWN
        reason = self._task.guard.refuse(child.parts)
        if reason is not None:
            return reason
        return None if self._task.valid(child.parts) else Refusal.NOT_VALID

    def _suggested(self, request: str) -> str:
        """A model's wording; empty if it quotes a row, and then it is not kept either."""
        assert self._propose is not None
        key = f"suggestion-{_digest(request)}"
        if key in self._suggestions:
            return self._suggestions[key]
        note = self._notebook.recall(key)
        if note is None:
            self._purse.reserve(self._propose.forecast_usd(request))
            suggestion = self._propose(request)
            text = one_line(suggestion.text)
            quotes = self._task.guard.quotes(text)
            note = {"text": "" if quotes else text, "quotes": quotes, "cost_usd": suggestion.cost_usd}
            self._notebook.record(key, note)
        self._purse.spend(note["cost_usd"])
        if note["quotes"]:
            self._refused[Refusal.QUOTES_A_ROW] += 1
        self._suggestions[key] = str(note["text"])
        return self._suggestions[key]

    def _race(self, children: list[Trial], beam: Sequence[Trial]) -> list[Trial]:
        """The children that were asked about all search rows: those that no stage before showed to be behind."""
        rows = self._task.rows.search
        field = children
        for rung in self._rungs:
            for trial in field:
                self._ask_about(trial, rows[:rung])
            field = self._still_running(field, beam, rows[:rung])
        if self._rungs:
            field = self._best(field, rows[: self._rungs[-1]])[: self._config.full]
        for trial in field:
            self._ask_about(trial, rows)
        return field

    def _still_running(self, field: Sequence[Trial], beam: Sequence[Trial], rows: Sequence[str]) -> list[Trial]:
        truth, groups = self._truth(rows)
        leader = self._best([*beam, *field], rows)[0]
        best, price = self._scale.code(leader.labels, rows), self._penalty(leader)
        running = []
        for trial in field:
            gap, error = behind(self._scale, truth, groups, best, self._scale.code(trial.labels, rows))
            if gap + self._penalty(trial) - price - _Z_DROP * error <= 0:
                running.append(trial)
        return running

    def _best(self, trials: Sequence[Trial], rows: Sequence[str]) -> list[Trial]:
        """Trials by score, best first; equal ones in the order in which they were proposed."""
        return sorted(trials, key=lambda trial: -self.score(trial, rows).value)

    def _ask_about(self, trial: Trial, rows: Sequence[str]) -> None:
        missing = [row for row in rows if row not in trial.labels]
        if not missing:
            return
        key = f"labels-{trial.id}-{_digest(*missing)}"
        note = self._notebook.recall(key)
        if note is None:
            self._purse.reserve(self._ask.forecast_usd(trial.parts, missing))
        answers = self._ask(trial.parts, missing, budget_usd=self._purse.left_usd)
        if note is None:
            note = {"cost_usd": answers.cost_usd}
            self._notebook.record(key, note)
        self._purse.spend(note["cost_usd"])
        self._tried += not trial.labels and trial.id != self._start_id
        trial.labels.update({row: answers.labels.get(row) for row in missing})
        known = trial.price_usd is not None and answers.price_usd is not None
        trial.price_usd = trial.price_usd + answers.price_usd if known else None  # type: ignore[operator]

    def _truth(self, rows: Sequence[str]) -> tuple[Any, Any]:
        """The reference and the jackknife's groups of some rows."""
        key = (len(rows), rows[0], rows[-1])
        if key not in self._truths:
            self._truths[key] = self._scale.code(self._task.truth, rows), groups_of(rows)
        return self._truths[key]

    def _price(self, trial: Trial) -> float | None:
        """Price of a row as a multiple of that of the start prompt."""
        first, own = self._start_price, trial.price_per_row_usd
        return None if not first or own is None else own / first

    def _penalty(self, trial: Trial) -> float:
        return price_penalty(self._price(trial), self._config.weights)

    def _line(self, trial: Trial) -> str:
        score = self.score(trial, self._task.rows.search)
        return f"best kappa {coefficient(score.kappa)} on {count(score.n, 'search row')}"


def end_of_search_usd(ask: Ask, start: PromptParts, rows: Split, efforts: Sequence[str], config: SearchConfig) -> float:
    """What choosing and confirming cost at most: by prompts as long as the guard permits, with the dearest effort."""

    def most(part: Sequence[str]) -> float:
        return MAX_GROWTH * max(ask.forecast_usd(each, part) for each in (start, *dearer))

    dearer = [replace(start, reasoning_effort=effort) for effort in efforts]
    select, confirm = (ask.forecast_usd(start, part) for part in (rows.select, rows.confirm))
    return select + config.beam * most(rows.select) + confirm + most(rows.confirm)


def _select_value(finalist: Finalist) -> float:
    assert finalist.select is not None
    return finalist.select.value


def _digest(*texts: str) -> str:
    return hashlib.blake2b("\n".join(texts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
