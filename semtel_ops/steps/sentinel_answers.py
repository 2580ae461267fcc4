"""Answers about the fixed conversations of the sentinels: asked by plain requests, and read from the rows that landed.

Every repeat and every day has a seed of its own, so that the journal answers none with another's reply. What was answered is
kept: asked again after a kill, nothing is paid twice. A run whose rows have landed is read and not asked again, even where the
journal no longer has its replies. So the name of a run tells who is asked: a prompt, a parameter or a model that changes
between two repeats, or later on the same day, is asked for itself.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from semtel_ops.endpoints import Endpoint
from semtel_ops.errors import BudgetExceededError
from semtel_ops.evaluation.comparison import spelled
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import Resources
from semtel_ops.settings import StrategyConfig
from semtel_ops.steps.frozen_set import FrozenSet, set_journal
from semtel_ops.steps.set_run import SetForecast, forecast_set, label_set
from semtel_ops.store.files import list_files
from semtel_ops.store.layout import Lake
from semtel_ops.store.parquet import read_rows
from semtel_ops.words import RowStatus

_SEEDS_A_BASELINE = 100
"""More than a baseline has repeats, so that no two baselines share a seed; days have eight digits."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one run said about the set.

    Attributes:
        ids: of the conversations, in the order of all answers.
        labels: classifier → its answer about each conversation, as `evaluation.comparison.spelled` writes it; None without one.
        served: model → rows that it answered, as replies name it.
        cost_usd: None if a price is unknown.
    """

    ids: tuple[str, ...]
    labels: Mapping[str, tuple[str | None, ...]]
    served: Counter[str]
    cost_usd: float | None


class Sentinels:
    """Asks one endpoint about the set, within what is left of the day's budget."""

    def __init__(
        self,
        base: RunPlan,
        frozen: FrozenSet,
        endpoint: Endpoint,
        lake: Lake,
        resources: Resources,
        budget_usd: float,
        *,
        labellers: Mapping[str, str],
    ) -> None:
        """Prepare to ask.

        Args:
            base: plan of a plain realtime run with the classifiers that are asked.
            labellers: classifier → id of its labeller, as it is asked.
        """
        self._base = base
        said = repr(sorted(labellers.items())).encode()
        self._asked = f"{endpoint.name}.{hashlib.blake2b(said, digest_size=4).hexdigest()}"
        self._frozen = frozen
        self._endpoint = endpoint
        self._journal = set_journal(lake)
        self._resources = resources
        # Without a price there is no cost to limit.
        self._left_usd = None if endpoint.price is None else budget_usd

    def repeat(self, generation: int, number: int) -> Answers:
        """A repeat of a baseline; both count from 0.

        Raises:
            BudgetExceededError: the next request could cost more than is left of the day; what was answered is kept.
            EndpointError: the endpoint did not answer.
        """
        return self._ask(self._repeat(generation, number))

    def measured(self, generation: int) -> int:
        """Repeats of a baseline whose rows have landed, from the first on: `sentinels.repeats` may have changed since."""
        number = 0
        while self._landed(self._repeat(generation, number)):
            number += 1
        return number

    def of_day(self, day: date) -> Answers:
        """The answers of a day; raises as `repeat` does."""
        return self._ask(self._day(day))

    def forecast(self, generation: int | None, repeats: int, day: date) -> list[SetForecast]:
        """What the repeats of a baseline or, without one, the day would take. Sends nothing."""
        runs = [self._day(day)] if generation is None else [self._repeat(generation, at) for at in range(repeats)]
        return [forecast_set(run, self._frozen.sample, resources=self._resources) for run in runs]

    def _repeat(self, generation: int, number: int) -> RunPlan:
        return self._run(f"{self._asked}.{generation}.{number}", generation * _SEEDS_A_BASELINE + number + 1)

    def _day(self, day: date) -> RunPlan:
        return self._run(f"{self._asked}.{day}", int(day.strftime("%Y%m%d")))

    def _run(self, run_id: str, seed: int) -> RunPlan:
        config = self._base.config.model_copy(
            update={"strategy": StrategyConfig(seed=seed), "lane": "realtime", "budget_usd": self._left_usd}
        )
        names = (self._endpoint.name,)
        return self._frozen.run_of(self._base, run_id, endpoint_names=names, journal=self._journal, config=config)

    def _ask(self, run: RunPlan) -> Answers:
        landed = self._landed(run)
        if landed:
            return _answers(landed, run.classifiers)
        if self._left_usd is not None and self._left_usd <= 0:
            raise BudgetExceededError(
                f"sentinels.budget_usd is used up at endpoint {self._endpoint.name} for today; answers so far are kept, and "
                "the rest is asked tomorrow"
            )
        done = label_set(run, self._frozen.sample, resources=self._resources)
        if self._left_usd is not None and done.requests:
            self._left_usd -= done.paid_usd
        return _answers(done.rows, run.classifiers)

    def _landed(self, run: RunPlan) -> list[str]:
        """The rows of a run, by shard; empty unless all have landed."""
        urls = list_files(run.folder.landed_folder, ".parquet")
        return urls if len(urls) == sum(1 for shard in self._frozen.sample["shards"] if shard["conversations"]) else []


def _answers(urls: Sequence[str], classifiers: Sequence[str]) -> Answers:
    by_id: dict[str, dict[str, str | None]] = {}
    served: Counter[str] = Counter()
    cost_usd: float | None = 0.0
    for url in urls:
        for row in read_rows(url):
            cost_usd = None if cost_usd is None or row["cost_usd"] is None else cost_usd + row["cost_usd"]
            is_read = row["status"] == RowStatus.SUCCESS
            label = spelled(row["label"], row["labels"]) if is_read else None
            by_id.setdefault(row["conversation_id"], {})[row["classifier"]] = label
            if is_read and row["served_model"]:
                served[row["served_model"]] += 1
    ids = tuple(sorted(by_id))
    labels = {name: tuple(by_id[each].get(name) for each in ids) for name in classifiers}
    return Answers(ids, labels, served, cost_usd)
