"""Labels for a repair: a prompt is asked about a part of the set as a run of that part, which is never published."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from semtel_ops.endpoints import Lane
from semtel_ops.evaluation.comparison import spelled
from semtel_ops.repair import Answers, PromptParts
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import StrategyConfig
from semtel_ops.steps.frozen_set import FrozenSet, freeze, set_journal, set_root
from semtel_ops.steps.repair_prompts import PromptFolders
from semtel_ops.steps.set_run import forecast_set, label_set
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows

_HEADROOM = 1.25
"""A forecast counts tokens with our tokenizer, and expects answers of ordinary length."""

_COLUMNS = ("conversation_id", "label", "labels", "status", "cost_usd")


@dataclass(frozen=True, slots=True)
class SetLabeller:
    """The labeller whose prompt is repaired, on a frozen set.

    Attributes:
        plan: run whose endpoints, prompts and settings it has.
        frozen: the set.
        lane: in which it is asked.
        reuse: URL of another journal whose replies are taken over.
        journal: URL of the journal that keeps the replies. Default: that of all experiments and alignments of the lake.
    """

    plan: RunPlan
    frozen: FrozenSet
    lane: Lane = Lane.REALTIME
    reuse: str | None = None
    journal: str | None = None

    @property
    def journal_url(self) -> str:
        """URL of the journal that keeps the replies."""
        return self.journal or set_journal(self.lake)

    @property
    def lake(self) -> Lake:
        """The lake that the set's lake is part of."""
        own = Lake(self.frozen.root)
        return own.around or own

    @property
    def name(self) -> str:
        """8 hex digits that tell this labeller's runs from those of others, whatever prompt it has."""
        config = self.plan.config
        said = [self.plan.endpoint_names, self.plan.models, config.tokens.model_dump(mode="json"), self.plan.classifiers]
        return hashlib.blake2b(repr(said).encode(), digest_size=4).hexdigest()


class SetAnswers:
    """Asks the labeller about rows of the set with any prompt. Parts of the set are sets of their own, with one journal."""

    def __init__(
        self,
        labeller: SetLabeller,
        classifier: str,
        prompts: PromptFolders,
        resources: Resources,
        *,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._labeller, self._classifier, self._prompts = labeller, classifier, prompts
        self._resources, self._tick = resources, tick
        self._parts: dict[tuple[str, ...], FrozenSet] = {}
        self._forecasts: dict[tuple[str, str | None], float | None] = {}

    def forecast_usd(self, prompt: PromptParts, rows: Sequence[str]) -> float:
        """What labelling rows costs at most where no reply is known; 0 if a price is unknown.

        Counted once for each part of the set, with the start prompt, and in proportion to the length of a prompt.
        """
        if not rows:
            return 0.0
        part, start = self._part(rows), self._prompts.start_parts
        key = (part.root, prompt.reasoning_effort)
        if key not in self._forecasts:
            asked = prompt if prompt.reasoning_effort != start.reasoning_effort else start
            nothing = f"{part.root}/runs/nothing"  # a journal without replies: an interruption must not change a forecast
            run = self._run(part, asked, journal=nothing)
            self._forecasts[key] = forecast_set(run, part.sample, lane=self._labeller.lane, resources=self._resources).cost_usd
        longer = max(1.0, prompt.length / max(1, start.length))
        return _HEADROOM * longer * (self._forecasts[key] or 0.0)

    def __call__(self, prompt: PromptParts, rows: Sequence[str], *, budget_usd: float | None) -> Answers:
        """Label rows; see `repair.answers.Ask`."""
        self._tick()
        part = self._part(rows)
        run = self._run(part, prompt, budget_usd=budget_usd)
        labelled = label_set(run, part.sample, lane=self._labeller.lane, resources=self._resources, reuse=self._labeller.reuse)
        labels: dict[str, str | None] = {}
        price: float | None = 0.0
        for url in labelled.rows:
            for row in read_rows(url, _COLUMNS):
                labels[row["conversation_id"]] = spelled(row["label"], row["labels"]) if row["status"] == "success" else None
                price = None if price is None or row["cost_usd"] is None else price + row["cost_usd"]
        return Answers(labels, cost_usd=labelled.paid_usd, price_usd=price)

    def _run(
        self, part: FrozenSet, prompt: PromptParts, *, budget_usd: float | None = None, journal: str | None = None
    ) -> RunPlan:
        plan, labeller = self._labeller.plan, self._labeller
        config = plan.config.model_copy(
            update={"strategy": StrategyConfig(seed=plan.config.strategy.seed), "budget_usd": budget_usd}
        )
        # Named by the part, too: a run's budget counts all that the journal has under its name.
        name = f"{labeller.name}.{self._prompts.question(prompt)}.{_name_of(part)}"
        return part.run_of(
            plan,
            f"repair.{self._classifier}.{name}",
            classifiers=(self._classifier,),
            prompts_folder=str(self._prompts.folder(prompt)),
            config=config,
            journal=journal or labeller.journal_url,
        )

    def _part(self, rows: Sequence[str]) -> FrozenSet:
        """The rows as a set of their own, which is frozen once."""
        key = tuple(rows)
        if key not in self._parts:
            frozen = self._labeller.frozen
            name = hashlib.blake2b("\n".join([frozen.fingerprint, *sorted(rows)]).encode(), digest_size=8).hexdigest()
            root = set_root(self._labeller.lake, f"repair-{name}")
            self._parts[key] = freeze(root, Lake(frozen.root), frozen.week, rows)
        return self._parts[key]


def _name_of(part: FrozenSet) -> str:
    """The name of a part of the set: that of its folder below experiments/."""
    return part.root.rstrip("/").removesuffix("/lake").rpartition("/")[2].removeprefix("repair-")
