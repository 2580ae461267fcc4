"""Plan a run: check everything that can be wrong before anything is read or paid, and cut the source into parts."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from semtel_ops.classifiers import load_classifiers
from semtel_ops.conversations.sources import list_files, plan_parts
from semtel_ops.conversations.weeks import Week
from semtel_ops.endpoints.catalog import EndpointsFile, ResolveConnection
from semtel_ops.errors import ConfigError, StoreError
from semtel_ops.humanize import count
from semtel_ops.runs.documents import PartsDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.refs import PartRef
from semtel_ops.settings import PipelineConfig, Settings, load_yaml, parse_config, pipeline_of
from semtel_ops.store.files import exists, read_json, write_json
from semtel_ops.store.rooted import decode, encode
from semtel_ops.words import LaneSetting

log = logging.getLogger(__name__)


class RunRequest(BaseModel):
    """Request of a form or command line; omitted fields are taken from pipeline.yaml.

    Attributes:
        source: files, folders, globs or URLs, separated by commas.
        sample_size: at most this many conversations.
        max_cost_usd: stop asking before more than this is spent.
        pack: conversations in one request, at most.
        combine: all classifiers in one request.
        grader: packed labels are shown to the model once more, and what it names as wrong is asked again.
        lane: auto lets the run choose; the others force it.
        deadline: when all rows are to have landed, with a time zone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: str
    source: str | tuple[str, ...] | None = None
    dates: str | None = None
    sample_size: Annotated[int, Field(ge=1)] | None = None
    classifiers: tuple[str, ...] | None = None
    endpoints: str | None = None
    max_cost_usd: Annotated[float, Field(gt=0)] | None = None
    max_tokens_per_conversation: int | None = None
    lane: LaneSetting | None = None
    pack: Annotated[int, Field(ge=1, le=50)] | None = None
    combine: bool | None = None
    grader: bool | None = None
    deadline: AwareDatetime | None = None
    dry_run: bool = False


def plan_run(
    request: dict[str, Any], *, run_id: str, settings: Settings, resolve_connection: ResolveConnection | None = None
) -> str:
    """Check the request, cut the source into parts, write both down, and return the run's URL.

    The same run id again writes the same plan, so a cleared run continues where it stopped.

    Raises:
        ConfigError: a field of the request, pipeline.yaml, endpoints.yaml or a prompt file is wrong.
        SourceError: the source matches no file.
    """
    asked = parse_config(request, RunRequest, where="request")
    plan = resolve(asked, run_id=run_id, settings=settings, resolve_connection=resolve_connection)
    parts = parts_of(plan)
    document: PartsDocument = {"parts": parts}
    write_json(plan.folder.parts, encode(document, plan.lake))
    plan = _recorded(plan, settings)
    log.info("run %s of week %s: %s, classifiers %s", run_id, plan.week, count(len(parts), "part"), ", ".join(plan.classifiers))
    return plan.url


def list_parts(run: str) -> list[PartRef]:
    """The parts of a planned run's source, as `extract_part` takes them.

    Raises:
        StoreError: the run was planned by a version that did not write them down, or not at all.
    """
    plan = RunPlan.load(run)
    document: PartsDocument | None = read_json(plan.folder.parts)
    if document is None:
        raise StoreError(f"{run}: its parts are not on record; plan the run again")
    parts: list[PartRef] = decode(document["parts"], plan.lake)
    return parts


def resolve(
    asked: RunRequest,
    *,
    run_id: str,
    settings: Settings,
    ledger: bool = True,
    prompts: str | None = None,
    resolve_connection: ResolveConnection | None = None,
) -> RunPlan:
    """The plan a request comes to, with every file it names read and checked once; nothing is written.

    A run in the ledger may use only a strategy that is proven there, and a labeller that is aligned; a run without a ledger
    uses what is configured.

    Args:
        prompts: folder of the prompt files, where they are not those of the include folder.
        resolve_connection: looks up `conn_id` of endpoints.yaml, where the model gate has to ask an endpoint.
    """
    week = str(Week.parse(asked.week))
    config = _configured(asked, settings)
    if not config.source.paths and config.source.sql is None:
        raise ConfigError("source", None, "is required: in the request, or as source.paths or source.sql in pipeline.yaml")
    load_classifiers(settings.prompts if prompts is None else Path(prompts), config.classifiers)
    endpoints = asked.endpoints or str(settings.endpoints_path)
    load_yaml(endpoints, EndpointsFile)
    fields = {
        "week": week,
        "run_id": run_id,
        "lake": settings.lake,
        "config": config,
        "classifiers": config.classifiers,
        "endpoints": endpoints,
        "include": settings.include,
        "prompts_folder": prompts,
        "deadline": asked.deadline,
        "dry_run": asked.dry_run,
        "ledger": ledger,
    }
    plan = parse_config(fields, RunPlan, where="run")
    return _gated(plan, settings, resolve_connection) if ledger else plan


def _gated(plan: RunPlan, settings: Settings, resolve_connection: ResolveConnection | None) -> RunPlan:
    from semtel_ops.steps.gates import apply_gates
    from semtel_ops.steps.model_gate import plan_bridge
    from semtel_ops.store.ledger_open import open_ledger

    with open_ledger(settings.database_url.get_secret_value()) as ledger:
        gated = apply_gates(plan, ledger=ledger, now=datetime.now(UTC), resolve_connection=resolve_connection)
        return plan_bridge(gated, ledger=ledger)


def _recorded(plan: RunPlan, settings: Settings) -> RunPlan:
    """Apply the ledger's evidence about the strategy to the plan, and write it to the lake and the ledger."""
    from semtel_ops.runs.resources import open_settled
    from semtel_ops.steps.run_state import begin
    from semtel_ops.steps.strategy_summary import unbundled_before

    with open_settled(settings) as ledger:
        plan = plan.model_copy(update={"unbundled": unbundled_before(plan, ledger)})
        plan.save()
        begin(ledger, plan, started_at=datetime.now(UTC))
    return plan


def _configured(asked: RunRequest, settings: Settings) -> PipelineConfig:
    """pipeline.yaml overridden by the request's fields."""
    data = pipeline_of(settings).model_dump(exclude_unset=True)
    if asked.source is not None:
        paths = asked.source.split(",") if isinstance(asked.source, str) else asked.source
        data["source"] = {**data.get("source", {}), "paths": tuple(path.strip() for path in paths if path.strip()), "sql": None}
    if asked.dates is not None:
        data["source"] = {**data.get("source", {}), "dates": asked.dates}
    if asked.sample_size is not None:
        data["sample"] = {**data.get("sample", {}), "count": asked.sample_size}
    if asked.classifiers:
        data["classifiers"] = asked.classifiers
    if asked.max_cost_usd is not None:
        data["budget_usd"] = asked.max_cost_usd
    if asked.lane is not None:
        data["lane"] = asked.lane
    if asked.max_tokens_per_conversation is not None:
        data["tokens"] = {**data.get("tokens", {}), "max_per_conversation": asked.max_tokens_per_conversation}
    strategy = {name: value for name in ("pack", "combine", "grader") if (value := getattr(asked, name)) is not None}
    if strategy:
        data["strategy"] = {**data.get("strategy", {}), **strategy}
    config = parse_config(data, PipelineConfig, where="request")
    # Paths in pipeline.yaml that do not start at a root start at the folder include/ is in.
    root = Path(settings.include).parent
    paths = tuple(_rooted(path, root) for path in config.source.paths) if asked.source is None else config.source.paths
    return config.model_copy(update={"source": config.source.model_copy(update={"paths": paths})})


def _rooted(path: str, root: Path) -> str:
    if "://" in path or Path(path).is_absolute() or exists(path):
        return path
    return str(root / path)


def parts_of(plan: RunPlan) -> list[PartRef]:
    """The source cut into at most `source.max_parts` extract tasks of about `source.part_mb`, in a fixed order."""
    source = plan.config.source
    if source.sql is not None:
        return [{"run": plan.url, "part": 0, "sql": True}]
    groups = plan_parts(list_files(source.paths), source.part_mb, source.max_parts)
    return [{"run": plan.url, "part": at, "files": [file.url for file in group]} for at, group in enumerate(groups)]
