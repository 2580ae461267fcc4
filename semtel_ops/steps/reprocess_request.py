"""Request for a reprocess, and the configuration it gives each week's run."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.conversations.weeks import Week
from semtel_ops.errors import ConfigError
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import PipelineConfig, StrategyConfig
from semtel_ops.words import LaneSetting, Rows, RowStatus, Sharing

MOST_WEEKS = 53

_Ids = tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], ...]


class ReprocessRequest(BaseModel):
    """Request of a form or command line; omitted fields are taken from pipeline.yaml.

    Attributes:
        week, until: the first week and the last one; without `until` it is one week.
        rows, status, label, ids_file: which rows are asked again; see `Selection`. The file has a conversation id on each line.
        classifiers: only rows of these; a classifier that the week does not have yet labels every conversation. Empty: all.
        base_run: run whose unselected rows are carried over. None: the published run, else the latest.
        fresh: send requests even if a stored reply could be reused.
        model: only endpoints with this model answer.
        prompts: folder of prompt files; prompt_version: refuse unless they have these versions, such as topic=1.1.0.
        strategy, pack: what shares a call; `pack` conversations at most where it is packed.
        approval: replacing a published week requires approval.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: str
    until: str | None = None
    rows: Rows = "not_success"
    status: RowStatus | None = None
    label: str | None = None
    ids_file: str | None = None
    classifiers: _Ids = ()
    base_run: Annotated[str, Field(pattern=r"^\P{C}+$", max_length=250)] | None = None
    fresh: bool = False
    lane: LaneSetting | None = None
    endpoints: str | None = None
    model: str | None = None
    prompts: str | None = None
    prompt_version: str | None = Field(
        default=None, pattern=r"^[a-z][a-z0-9_]*=\d+\.\d+\.\d+(,[a-z][a-z0-9_]*=\d+\.\d+\.\d+)*$"
    )
    strategy: Sharing | None = None
    pack: Annotated[int, Field(ge=2, le=50)] | None = None
    deadline: AwareDatetime | None = None
    max_cost_usd: Annotated[float, Field(gt=0)] | None = None
    reason: Annotated[str, Field(min_length=10, max_length=1_000)]
    dry_run: bool = True
    approval: bool = True

    @model_validator(mode="after")
    def _says_what_its_choices_need(self) -> Self:
        for choice, name, needed in (
            (self.rows, "status", "status"), (self.rows, "label", "label"), (self.rows, "ids_file", "ids"),
            (self.strategy, "pack", "packed"),
        ):  # fmt: skip
            if (getattr(self, name) is not None) != (choice == needed):
                raise ValueError(f"{name} must be given if and only if {'strategy' if name == 'pack' else 'rows'} is {needed}")
        return self

    @property
    def weeks(self) -> tuple[str, ...]:
        """All weeks asked for, in order.

        Raises:
            ConfigError: the last is before the first, or it is more than a year.
        """
        first = Week.parse(self.week)
        last = first if self.until is None else Week.parse(self.until)
        if last < first:
            raise ConfigError("until", self.until, f"is before the first week, {first}")
        weeks = [first]
        while weeks[-1] < last:
            weeks.append(weeks[-1].previous(-1))
            if len(weeks) > MOST_WEEKS:
                raise ConfigError(
                    "until", self.until, f"exceeds the maximum of {MOST_WEEKS} weeks; reprocess at most a year at a time"
                )
        return tuple(map(str, weeks))


def config_of(asked: ReprocessRequest, today: PipelineConfig, base: RunPlan) -> PipelineConfig:
    """The current pipeline.yaml overridden by the request; settings that affect the sample are kept from the base run."""
    changed: dict[str, Any] = {name: getattr(base.config, name) for name in ("source", "sample", "scrub", "shards")}
    if asked.lane is not None:
        changed["lane"] = asked.lane
    strategies = {
        "plain": StrategyConfig(seed=today.strategy.seed),
        "packed": today.strategy.model_copy(update={"pack": asked.pack, "combine": False}),
        "combined": today.strategy.model_copy(update={"pack": 1, "combine": True}),
    }
    if asked.strategy is not None:
        changed["strategy"] = strategies[asked.strategy]
    return today.model_copy(update=changed)


def check_versions(asked: ReprocessRequest, specs: Sequence[ClassifierSpec]) -> None:
    """Check that the prompt files have the requested versions.

    Raises:
        ConfigError: a prompt has another version, or its classifier is not part of the run.
    """
    versions = {spec.id: spec.version for spec in specs}
    wanted: Mapping[str, str] = dict(pair.split("=", 1) for pair in (asked.prompt_version or "").split(",") if pair)
    for classifier, version in wanted.items():
        if versions.get(classifier) != version:
            actual = versions.get(classifier, "not one of this run's classifiers")
            raise ConfigError("prompt_version", f"{classifier}={version}", f"differs from the prompt file: {actual}")
