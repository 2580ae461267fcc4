"""A run's plan: what every step of one week's run agrees on, written once as run.json and never changed."""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from semtel_ops.endpoints.model import NamedEndpoint
from semtel_ops.errors import DamagedFileError, StoreError
from semtel_ops.runs.selection import Selection
from semtel_ops.settings import PipelineConfig
from semtel_ops.store.files import read_json, write_json
from semtel_ops.store.layout import Lake, RunFolder
from semtel_ops.store.rooted import check_root, decode, encode, root_of_run
from semtel_ops.store.run_name import plain_name, slug


class Reprocess(BaseModel):
    """Settings of a reprocess: the earlier run it starts from and the rows it labels again.

    Attributes:
        base_run: run of the same week whose rows this run starts from.
        asked_rows: rows this run asks about, those of classifiers the base run did not have included.
        fresh: take no reply of another run, also for rows that succeeded.
        weeks: all weeks of the same request, in order; they have the same run id.
        approval: replacing a published week requires approval.
        requested_by, reason: user and reason as given in the request.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_run: str
    selection: Selection
    asked_rows: int
    fresh: bool
    weeks: tuple[str, ...]
    approval: bool
    requested_by: str
    reason: str


class HeldModel(BaseModel):
    """The model that an endpoint is asked for in place of the configured one.

    Attributes:
        assumed_price: models.yaml does not know its price, so that of the endpoint as configured is assumed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    model: str
    reasoning_effort: str | None = None
    assumed_price: bool = False


class ModelGate(BaseModel):
    """What the model gate decided.

    Attributes:
        note: the decision with its reason, as a sentence without its full stop.
        held: endpoint → the model that it is asked for, because the configured one is not aligned.
        unaligned: models of endpoints.yaml that may not be used yet.
        command: how to compare the first of them with the labeller in force: a command, after what has to be added to
            endpoints.yaml first, if anything; None: there is nothing to compare.
        align_form: the same as fields of the alignment form; empty where there is nothing to compare.
        reasons: endpoint → why it is not used as configured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    note: str
    held: dict[str, HeldModel] = {}
    unaligned: tuple[str, ...] = ()
    command: str | None = None
    align_form: dict[str, str] = {}
    reasons: dict[str, str] = {}


class PlannedBridge(BaseModel):
    """Rows of last week that the run's labeller labels again.

    Attributes:
        week: the last published week.
        classifiers: those whose labeller is another one than last week's.
        rows: conversations to label again, at most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: str
    classifiers: tuple[str, ...]
    rows: int


class RunPlan(BaseModel):
    """Everything a step needs to know of its run; holds names of secrets, never secrets.

    Attributes:
        week: ISO week, such as 2026-W47.
        run_id: the caller's name of the run; the same id again is the same run, resumed.
        lake: root URL of the lake; not in run.json, whose place tells it.
        folder_name: name of the run's folder, where an earlier release named it; not in run.json.
        classifiers: ids, in the order of the configuration.
        endpoints: path of endpoints.yaml.
        models: only endpoints of these models are asked; empty: all.
        endpoint_names: only these endpoints are asked; empty: all.
        journal: URL of the journal; None: the lake's own.
        strategy_note: decision of the strategy gate with its reason; None if there was nothing to decide.
        strategy_refused: plain calls are made, because that gate did not find the strategy proven.
        model_gate: decision of the model gate; None if there was nothing to say.
        bridge: rows of last week that are labelled again; None if last week has the same labeller.
        include: folder of prompts/ and config/.
        ledger: whether the run is recorded in SQL; `semtel classify` without a database keeps to its folder.
        deadline: time by which all rows must be written, if requested.
        unbundled: classifiers asked in separate requests, because in earlier runs their combined labels disagreed.
        dry_run: sample, prepare and forecast, but ask nothing and publish nothing.
        prompts_folder: prompt files, where they are not those of `include`.
        reprocess: None for a run that asks about all of its week.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    week: Annotated[str, Field(pattern=r"^\d{4}-W\d{2}$")]
    run_id: Annotated[str, Field(min_length=1, max_length=250)]
    lake: str
    folder_name: str | None = None
    config: PipelineConfig
    classifiers: tuple[str, ...]
    endpoints: str
    models: tuple[str, ...] = ()
    endpoint_names: tuple[str, ...] = ()
    journal: str | None = None
    strategy_note: str | None = None
    strategy_refused: bool = False
    model_gate: ModelGate | None = None
    bridge: PlannedBridge | None = None
    include: str
    deadline: AwareDatetime | None = None
    unbundled: tuple[str, ...] = ()
    dry_run: bool = False
    ledger: bool = True
    prompts_folder: str | None = None
    reprocess: Reprocess | None = None

    @property
    def include_path(self) -> Path:
        return Path(self.include)

    @property
    def prompts(self) -> Path:
        return self.include_path / "prompts" if self.prompts_folder is None else Path(self.prompts_folder)

    @property
    def paths(self) -> Lake:
        return Lake(self.lake)

    @property
    def folder(self) -> RunFolder:
        """Where the run's own files lie."""
        return RunFolder(self.paths, self.week, self.run_id, self.folder_name)

    @property
    def journal_url(self) -> str:
        return self.journal or self.paths.journal()

    @property
    def url(self) -> str:
        return self.folder.plan

    def uses(self, endpoint: NamedEndpoint) -> bool:
        """Whether an endpoint of endpoints.yaml may be asked."""
        if self.models and endpoint.model not in self.models:
            return False
        return not self.endpoint_names or endpoint.name in self.endpoint_names

    @property
    def held(self) -> dict[str, HeldModel]:
        """Endpoint → the model that it is asked for in place of the configured one."""
        return {} if self.model_gate is None else self.model_gate.held

    def model_of(self, endpoint: NamedEndpoint) -> str:
        """The model that an endpoint of endpoints.yaml is asked for."""
        held = self.held.get(endpoint.name)
        return endpoint.model if held is None else held.model

    def save(self) -> str:
        """Write run.json and return its URL."""
        document = encode(self.model_dump(mode="json", exclude={"lake", "folder_name"}), self.lake)
        return write_json(self.url, document)

    @classmethod
    def load(cls, url: str) -> "RunPlan":
        """The plan of the run whose run.json this is, in the lake in which it lies.

        Raises:
            DamagedFileError: the file is damaged.
            StoreError: there is no such run, or it belongs to another lake, week or run.
        """
        root, week, name = root_of_run(url)
        document = read_json(url)
        if document is None:
            raise StoreError(f"{url}: run not found; `plan` creates it before any other step")
        return cls.of_document(document, url=url, root=root, week=week, name=name)

    @classmethod
    def of_document(cls, document: Any, *, url: str, root: str, week: str | None = None, name: str | None = None) -> "RunPlan":
        """The plan of a document in a lake; `week` and `name` are those of its folder.

        Raises:
            DamagedFileError: the document is not a plan.
            StoreError: the document belongs to another lake, week or run.
        """
        if isinstance(document, dict):
            named = document.pop("lake", None)
            if named is not None:
                check_root(url, str(named), root)
            document = {**decode(document, root), "lake": root}
        try:
            plan = cls.model_validate_json(json.dumps(document))
        except ValidationError as error:
            raise DamagedFileError(f"{url}: is not the plan of a run ({_problem(error)}); plan the run again") from None
        if week is not None and plan.week != week:
            raise StoreError(
                f"{url}: is the plan of week {plan.week} in a folder of week {week}; give the folder its name back"
            )
        if name is None or name == slug(plan.run_id):
            return plan
        if name != plain_name(plan.run_id):
            raise StoreError(
                f"{url}: is the plan of run {plan.run_id} in the folder run={name}; give the folder the name "
                f"run={slug(plan.run_id)}"
            )
        return plan.model_copy(update={"folder_name": name})


def _problem(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
