"""Plan an experiment: check everything, draw the sample once, unfold the grid; written once as plan.json."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import fsspec
from pydantic import BaseModel, ConfigDict, Field

from semtel_ops.endpoints import Lane
from semtel_ops.endpoints.catalog import EndpointsFile
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.experiments import Cell, ExperimentConfig, cells_of
from semtel_ops.humanize import count
from semtel_ops.runs.documents import SampleDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import CellRef, ShardRef
from semtel_ops.settings import Settings, load_yaml, parse_config
from semtel_ops.steps.extract import extract_part
from semtel_ops.steps.plan import RunRequest, parts_of, resolve
from semtel_ops.steps.sample import sample_week
from semtel_ops.store.files import atomic_write, read_document, read_json
from semtel_ops.store.layout import Lake
from semtel_ops.store.rooted import decode, encode
from semtel_ops.store.run_name import slug

log = logging.getLogger(__name__)

# What decides which conversations are asked about, and of what. The grid may change when an experiment goes on.
_DECIDES = ("source", "sample", "scrub", "classifiers", "shards")


class ExperimentRequest(BaseModel):
    """Request of a form or command line.

    Attributes:
        grid: path of an experiment's YAML file; `config` overrides it.
        max_cost_usd: stop asking before more than this is spent by the whole experiment.
        dry_run: forecast every cell and ask nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: str
    source: str | tuple[str, ...] | None = None
    dates: str | None = None
    classifiers: tuple[str, ...] | None = None
    endpoints: str | None = None
    grid: str | None = None
    config: dict[str, Any] = {}
    max_cost_usd: Annotated[float, Field(gt=0)] | None = None
    dry_run: bool = False


class ExperimentPlan(BaseModel):
    """Everything a step needs to know of its experiment; holds names of secrets, never secrets.

    Attributes:
        id: names the experiment in the ledger.
        out: URL of its folder, with plan.json (whose place tells it), experiment.json, report.html, a lake of its own.
        base: the run that drew the sample; every cell is a run like it, with another strategy.
        reuse: URL of a journal whose answers to the same requests are taken over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=120)]
    out: str
    base: RunPlan
    config: ExperimentConfig
    cells: tuple[Cell, ...]
    reuse: str | None = None

    @property
    def url(self) -> str:
        return f"{self.out}/plan.json"

    @property
    def result_url(self) -> str:
        return f"{self.out}/experiment.json"

    @property
    def page_url(self) -> str:
        return f"{self.out}/report.html"

    @property
    def floor(self) -> float:
        floor = self.config.floor
        return self.base.config.strategy_gate.floor if floor is None else floor

    @property
    def shards(self) -> list[ShardRef]:
        """The sample's shards, as every cell has them."""
        return [shard for shard in self.sample["shards"] if shard["conversations"]]

    @property
    def sample(self) -> SampleDocument:
        """How the sample was drawn."""
        document: SampleDocument = decode(read_document(self.base.folder.sample, step="sample"), self.base.lake)
        return document

    def run_of(self, cell: Cell, repeat: int) -> RunPlan:
        """The run that asks a cell for the `repeat`-th time, from 0."""
        config = self.base.config.model_copy(
            update={
                "strategy": cell.strategy(self.base.config.strategy, repeat),
                "tokens": cell.tokens(self.base.config.tokens),
                "lane": "realtime",
            }
        )
        run_id = f"{self.id}.{cell.id}.{repeat}"
        return self.base.model_copy(update={"run_id": run_id, "config": config, "models": (cell.model,), "dry_run": False})

    def save(self) -> str:
        with atomic_write(self.url) as file:
            document = self.model_dump(mode="json", exclude={"out": True, "base": {"lake", "folder_name"}})
            file.write(json.dumps(encode(document, self.base.lake), indent=1, ensure_ascii=False).encode())
        return self.url

    @classmethod
    def load(cls, url: str) -> "ExperimentPlan":
        try:
            with fsspec.open(url, "r", encoding="utf-8") as file:
                document = json.load(file)
        except FileNotFoundError:
            raise StoreError(f"{url}: experiment not found; plan it before any other step") from None
        except ValueError as error:
            raise StoreError(f"{url}: is not JSON ({error}); plan the experiment again") from None
        out = url.rsplit("/", 1)[0] if "/" in url else "."
        root = f"{out}/lake"
        base = RunPlan.of_document(document.pop("base"), url=url, root=root)
        return cls.model_validate({**decode(document, root), "out": out, "base": base})


def plan_experiment(
    request: dict[str, Any],
    *,
    experiment_id: str,
    out: str,
    settings: Settings,
    journal: str | None = None,
    reuse: str | None = None,
) -> list[CellRef]:
    """Check the request, draw the sample, write plan.json, and return a reference to each cell.

    The same again draws the same sample; a grid that has changed keeps the cells it has in common.

    Args:
        out: URL of the experiment's folder.
        journal: where its answers are kept; None: in its own lake.
        reuse: see `ExperimentPlan`.

    Raises:
        ConfigError: a field, a file or a model is wrong, or the folder holds another experiment.
        SourceError: the source matches no file.
    """
    asked = parse_config(request, ExperimentRequest, where="request")
    config = _configured(asked)
    out = out.rstrip("/")
    earlier = _held(out, experiment_id)
    fields = asked.model_dump(exclude={"grid", "config"}, exclude_unset=True)
    if earlier is not None:
        # The week of the first start is kept, so that resuming after midnight on Sunday continues the same experiment.
        fields["week"] = earlier.base.week
    base = resolve(
        RunRequest(**fields, sample_size=config.sample),
        run_id=f"{experiment_id}.sample",
        settings=settings.model_copy(update={"lake": f"{out}/lake"}),
        ledger=False,
    )
    base = base.model_copy(update={"journal": journal})
    cells = cells_of(config.grid, base.config, _models(base.endpoints), baseline_model=config.baseline_model)
    plan = ExperimentPlan(id=experiment_id, out=out, base=base, config=config, cells=tuple(cells), reuse=reuse)
    changed = [
        name for name in _DECIDES if earlier is not None and getattr(earlier.base.config, name) != getattr(base.config, name)
    ]
    if changed:
        raise ConfigError("out", out, f"contains this experiment with different {', '.join(changed)}; choose another folder")
    base.save()
    if read_json(base.folder.sample) is None:
        sample_week([extract_part(part) for part in parts_of(base)])
    plan.save()
    log.info(
        "experiment %s: %s, %s, %s", plan.id, count(len(cells), "cell"), count(config.repeats, "repeat"),
        count(plan.sample["sampled"], "conversation"),
    )  # fmt: skip
    return [{"experiment": plan.url, "cell": at, "name": cell.id} for at, cell in enumerate(cells)]


def _configured(asked: ExperimentRequest) -> ExperimentConfig:
    """The experiment file overridden by the request's settings."""
    base = load_yaml(asked.grid, ExperimentConfig) if asked.grid else ExperimentConfig()
    data = base.model_dump(exclude_unset=True)
    own = dict(asked.config)
    grid = {**data.get("grid", {}), **own.pop("grid", {})}
    return parse_config({**data, **own, **({"grid": grid} if grid else {})}, ExperimentConfig, where="experiment")


def _models(endpoints: str) -> Sequence[str]:
    """Models that answer at once, in the order of endpoints.yaml."""
    entries = load_yaml(endpoints, EndpointsFile).endpoints
    models = list(dict.fromkeys(entry.model for entry in entries if Lane.REALTIME in entry.lanes))
    if not models:
        raise ConfigError(f"{endpoints}: endpoints.lanes", [e.name for e in entries], "must include realtime at least once")
    return models


def _held(out: str, experiment_id: str) -> ExperimentPlan | None:
    """The plan in the folder, if there is one: a folder belongs to one experiment."""
    url = f"{out}/plan.json"
    if read_json(url) is None:
        return None
    earlier = ExperimentPlan.load(url)
    if earlier.id != experiment_id:
        raise ConfigError("out", out, f"contains experiment {earlier.id}; choose another folder")
    return earlier


def plan_in_lake(request: dict[str, Any], *, experiment_id: str, settings: Settings) -> list[CellRef]:
    """The same in the lake of this environment: experiments share a journal there, and take over what weekly runs know.

    Their journal is apart from that of weekly runs, whose files are cut along shards that an experiment does not have.
    """
    lake = Lake(settings.lake)
    return plan_experiment(
        request,
        experiment_id=experiment_id,
        out=lake.path("experiments", slug(experiment_id)),
        settings=settings,
        journal=lake.path("experiments", "journal"),
        reuse=lake.journal(),
    )


def default_id(out: str) -> str:
    """An experiment's id where none is given: the name of its folder."""
    return Path(out).resolve().name or "experiment"
