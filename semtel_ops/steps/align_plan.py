"""Plan an alignment: check everything, freeze the set, name the labellers; written once as plan.json."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.humanize import count
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.settings import PipelineConfig, Settings, StrategyConfig, parse_config, pipeline_of
from semtel_ops.steps.align_gold import labelled_by_people
from semtel_ops.steps.align_labellers import PlannedLabeller, planned_labellers, who_labelled
from semtel_ops.steps.align_request import AlignRequest
from semtel_ops.steps.align_set import searched_ids, set_of_files, set_of_week
from semtel_ops.steps.frozen_set import FrozenSet, open_set, set_journal, set_root
from semtel_ops.steps.plan import RunRequest, resolve
from semtel_ops.steps.published_runs import published_run_of
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.journal import spent_by_run
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.rooted import decode, encode
from semtel_ops.store.run_name import slug

log = logging.getLogger(__name__)

REPEATS = 2
"""How often each labeller is asked: the second answers are the noise floor."""

# What decides which conversations are compared and how they are asked.
_DECIDES = ("source", "sample", "scrub", "classifiers", "shards", "tokens", "strategy")
_MAY_CHANGE = frozenset({"week", "max_cost_usd", "dry_run"})


class AlignmentPlan(BaseModel):
    """Everything a step needs to know of its alignment; holds names of secrets, never secrets.

    Attributes:
        id: names the alignment in the ledger.
        out: URL of its folder, with plan.json (whose place tells it), alignment.json, report.html, a lake of its own.
        request: as it was made first.
        base: the run that every labeller's runs are like.
        reuse: URL of a journal whose answers to the same requests are taken over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: Annotated[str, Field(min_length=1, max_length=120)]
    out: str
    request: AlignRequest
    base: RunPlan
    labellers: tuple[PlannedLabeller, ...]
    reuse: str | None = None

    @property
    def url(self) -> str:
        return f"{self.out}/plan.json"

    @property
    def result_url(self) -> str:
        return f"{self.out}/alignment.json"

    @property
    def page_url(self) -> str:
        return f"{self.out}/report.html"

    @property
    def incumbent(self) -> PlannedLabeller:
        return self.labellers[0]

    @property
    def candidates(self) -> tuple[PlannedLabeller, ...]:
        return self.labellers[1:]

    @property
    def frozen(self) -> FrozenSet:
        """The set, without conversations that were forgotten since.

        Raises:
            StoreError: it does not exist any more.
        """
        found = open_set(self.base.lake)
        if found is None:
            raise StoreError(f"{self.base.lake}: the set of the alignment does not exist any more; align in another folder")
        return found

    def runs(self) -> list[tuple[PlannedLabeller, int, RunPlan]]:
        """The runs that ask: each labeller in each repeat, from 0."""
        frozen = self.frozen
        return [(each, repeat, self.run_of(each, repeat, frozen)) for each in self.labellers for repeat in range(REPEATS)]

    def run_of(self, labeller: PlannedLabeller, repeat: int, frozen: FrozenSet, budget_usd: float | None = None) -> RunPlan:
        """The run that asks a labeller for the `repeat`-th time, from 0."""
        seed = labeller.seeds[repeat]
        config = self.base.config.model_copy(
            update={
                "strategy": self.base.config.strategy.model_copy(update={} if seed is None else {"seed": seed}),
                "budget_usd": budget_usd,
            }
        )
        return frozen.run_of(
            self.base,
            f"{self.id}.{labeller.role}.{labeller.name}.{repeat}",
            config=config,
            endpoint_names=(labeller.name,),
            models=(labeller.model,),
            prompts_folder=labeller.prompts,
            journal=self.base.journal,
        )

    def spent_usd(self) -> dict[str, float]:
        """Run id → what the alignment has paid in this run so far."""
        own = {run.run_id for _, _, run in self.runs()}
        return {run_id: usd for run_id, usd in spent_by_run(self.base.journal_url, f"{self.id}.").items() if run_id in own}

    def save(self) -> str:
        document = self.model_dump(mode="json", exclude={"out": True, "base": {"lake", "folder_name"}})
        return write_json(self.url, encode(document, self.base.lake))

    @classmethod
    def load(cls, url: str) -> "AlignmentPlan":
        """The plan of an alignment.

        Raises:
            StoreError: there is none.
        """
        document = read_json(url)
        if document is None:
            raise StoreError(f"{url}: alignment not found; plan it before any other step")
        out = url.rsplit("/", 1)[0] if "/" in url else "."
        root = f"{out}/lake"
        base = RunPlan.of_document(document.pop("base"), url=url, root=root)
        return cls.model_validate({**decode(document, root), "out": out, "base": base})


def plan_alignment(
    request: Mapping[str, Any],
    *,
    alignment_id: str,
    out: str,
    settings: Settings,
    reuse: str | None = None,
    resolve_connection: ResolveConnection | None = None,
) -> AlignmentPlan:
    """Check the request, freeze the set of its files, and write plan.json. The same again changes nothing but the budget.

    Args:
        out: URL of the alignment's folder.

    Raises:
        ConfigError: a field, a file or an endpoint is wrong, or the folder holds another alignment.
        SourceError: the source matches no file.
    """
    asked, out = parse_config(dict(request), AlignRequest, where="request"), out.rstrip("/")
    if asked.source is None or asked.week is None:
        raise ConfigError("inputs", None, "must name files of conversations")
    if asked.incumbent is None:
        raise ConfigError("incumbent", None, "must name an entry of endpoints.yaml")
    earlier = _held(out, alignment_id, asked)
    base = resolve(
        RunRequest(
            # The week of the first start is kept, so that resuming after midnight on Sunday continues the same alignment.
            week=earlier.base.week if earlier else asked.week,
            source=asked.source,
            dates="ignore",
            classifiers=asked.classifiers,
            endpoints=asked.endpoints,
            sample_size=asked.rows,
            max_cost_usd=asked.max_cost_usd,
            dry_run=asked.dry_run,
        ),
        run_id=f"{alignment_id}.sample",
        settings=settings.model_copy(update={"lake": f"{out}/lake"}),
        ledger=False,
        prompts=asked.prompts,
    )
    base = _as_asked(base, asked)
    labellers = planned_labellers(base, asked, asked.incumbent, resolve_connection)
    plan = AlignmentPlan(id=alignment_id, out=out, request=asked, base=base, labellers=tuple(labellers), reuse=reuse)
    _check_same(plan, earlier)
    set_of_files(base)
    return _saved(plan)


def plan_in_lake(
    request: Mapping[str, Any],
    *,
    alignment_id: str,
    settings: Settings,
    ledger: Ledger,
    without: Sequence[str] = (),
    resolve_connection: ResolveConnection | None = None,
) -> AlignmentPlan:
    """The same on conversations of a published week of this environment's lake.

    Alignments, experiments, bridges and sentinels share a journal there, and take over what weekly runs know.

    Args:
        without: conversations that are not drawn, beside those on which prompts were repaired.

    Raises:
        ConfigError: as in `plan_alignment`; or no week is published, or nobody knows who labelled it.
    """
    asked = parse_config(dict(request), AlignRequest, where="request")
    lake = Lake(settings.lake)
    out = lake.path("experiments", slug(alignment_id))
    earlier = _held(out, alignment_id, asked)
    week = earlier.base.week if earlier else asked.week or _last_week(ledger)
    published = published_run_of(ledger, week)
    labelled = RunPlan.load(lake.run(week, published.run_id).plan)
    data = pipeline_of(settings).model_dump(exclude_unset=True)
    config = parse_config({**data, "classifiers": asked.classifiers or labelled.classifiers}, PipelineConfig, where="request")
    base = labelled.model_copy(
        update={
            "lake": set_root(lake, alignment_id),
            "run_id": f"{alignment_id}.set",
            "folder_name": None,
            "config": config.model_copy(update={"budget_usd": asked.max_cost_usd}),
            "classifiers": config.classifiers,
            "endpoints": asked.endpoints or str(settings.endpoints_path),
            "endpoint_names": (),
            "models": (),
            # A week whose labeller was held asked its endpoints for another model than endpoints.yaml names.
            "model_gate": None,
            "bridge": None,
            "include": settings.include,
            "prompts_folder": asked.prompts,
            "journal": set_journal(lake),
            "dry_run": asked.dry_run,
            "ledger": False,
            "reprocess": None,
            "deadline": None,
            "unbundled": (),
            "strategy_note": None,
            "strategy_refused": False,
        }
    )
    base = _as_asked(base, asked)
    incumbent = asked.incumbent or (earlier.incumbent.name if earlier else who_labelled(base, week, ledger))
    labellers = planned_labellers(base, asked, incumbent, resolve_connection)
    plan = AlignmentPlan(id=alignment_id, out=out, request=asked, base=base, labellers=tuple(labellers), reuse=lake.journal())
    _check_same(plan, earlier)
    gold = {name for classifier in base.classifiers for name in labelled_by_people(ledger, week, classifier)}
    left_out = {*without, *searched_ids(lake, week)}
    set_of_week(base.lake, lake.run(week, published.run_id), asked.rows, gold=gold, without=left_out)
    return _saved(plan)


def plan_in_environment(
    request: Mapping[str, Any], *, alignment_id: str, resolve_connection: ResolveConnection | None = None
) -> str:
    """`plan_in_lake` with the lake and the ledger of this environment; returns the URL of plan.json."""
    with ledger_of_environment() as ledger:
        plan = plan_in_lake(
            request,
            alignment_id=alignment_id,
            settings=Settings.from_env(),
            ledger=ledger,
            resolve_connection=resolve_connection,
        )
    return plan.url


def default_id(out: str) -> str:
    """An alignment's id where none is given: the name of its folder."""
    return Path(out).resolve().name or "alignment"


def _saved(plan: AlignmentPlan) -> AlignmentPlan:
    plan.save()
    log.info(
        "alignment %s: %s against %s on %s", plan.id, ", ".join(each.name for each in plan.candidates), plan.incumbent.name,
        count(plan.frozen.conversations, "conversation"),
    )  # fmt: skip
    return plan


def _as_asked(base: RunPlan, asked: AlignRequest) -> RunPlan:
    """The plan with the strategy and the lane of the request."""
    own = base.config.strategy
    # Audits and shadow requests measure a strategy; here, the second answers do.
    quiet = {"audit_share": 0.0, "shadow_share": 0.0}
    strategy = StrategyConfig(seed=own.seed, **quiet) if asked.strategy == "plain" else own.model_copy(update=quiet)
    config = base.config.model_copy(update={"strategy": strategy, "lane": asked.lane.value})
    return base.model_copy(update={"config": config})


def _last_week(ledger: Ledger) -> str:
    weeks = ledger.published_weeks(1)
    if not weeks:
        raise ConfigError("week", None, "has no published week to draw conversations from; run a week first")
    return weeks[0]


def _held(out: str, alignment_id: str, asked: AlignRequest) -> AlignmentPlan | None:
    """The plan in the folder, if there is one: a folder belongs to one alignment, and what was asked for stays."""
    url = f"{out}/plan.json"
    if not exists(url):
        return None
    document = read_json(url) or {}
    if "labellers" not in document or document.get("id") != alignment_id:
        raise ConfigError("out", out, f"contains {document.get('id', 'something else')}; choose another folder")
    earlier = AlignmentPlan.load(url)
    for field in AlignRequest.model_fields:
        before, now = getattr(earlier.request, field), getattr(asked, field)
        if field not in _MAY_CHANGE and before != now:
            raise ConfigError(field, now, f"was {before!r} when this alignment began; choose another folder or name")
    return earlier


def _check_same(plan: AlignmentPlan, earlier: AlignmentPlan | None) -> None:
    """Refuse to go on with other settings, models or prompts than the alignment began with."""
    if earlier is None:
        return
    for name in _DECIDES:
        if getattr(plan.base.config, name) != getattr(earlier.base.config, name):
            raise ConfigError("out", plan.out, f"began with another {name} in pipeline.yaml; choose another folder or name")
    for now, before in zip(plan.labellers, earlier.labellers, strict=True):
        if now == before:
            continue
        changed = next(name for name in PlannedLabeller.model_fields if getattr(now, name) != getattr(before, name))
        what = "prompts" if changed in {"fingerprints", "versions"} else changed
        raise ConfigError(
            now.role, now.name, f"has another {what} than when this alignment began; choose another folder or name"
        )
