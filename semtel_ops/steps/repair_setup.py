"""What a repair works with: the prompt, the rows, the endpoint and how they are asked; the same after an interruption."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from semtel_ops.endpoints import Endpoint, Lane
from semtel_ops.errors import ConfigError
from semtel_ops.prompts.catalog import find_prompt
from semtel_ops.repair import PromptSource, SearchConfig, Split, read_parts
from semtel_ops.repair.result import Reference
from semtel_ops.runs.resources import Resources, endpoints_of
from semtel_ops.steps.repair_answers import SetAnswers, SetLabeller
from semtel_ops.steps.repair_prompts import PromptFolders
from semtel_ops.steps.repair_rows import rows_of
from semtel_ops.store.files import is_on_disk, local_path
from semtel_ops.words import ReasoningEffort

_EFFORTS = (ReasoningEffort.NONE.value, ReasoningEffort.LOW.value, ReasoningEffort.MEDIUM.value)
"""Efforts that labelling may be worth; higher ones cost many times as much."""


@dataclass(frozen=True, slots=True)
class RepairOptions:
    """How a prompt is repaired.

    Attributes:
        search: how far the search goes, and its budget.
        suggest: whether the model itself proposes wordings, if it answers at once; without, proposals come from the library and
            from the prompt.
        show_conversations: whether requests for a wording may contain conversations that were labelled wrong. A proposal
            that quotes any row is refused in either case.
        efforts: values of `reasoning_effort` to try, lowest first. None: none, low and medium where the prompt, the endpoint or
            models.yaml sets one; else none are tried.
        library: file of instructions. Default: repair/instructions.yaml of the include folder.
    """

    search: SearchConfig = field(default_factory=SearchConfig)
    suggest: bool = True
    show_conversations: bool = False
    efforts: tuple[str, ...] | None = None
    library: str | None = None


@dataclass(frozen=True, eq=False)
class RepairSetup:
    """A repair before it asks.

    Attributes:
        prompts_folder: folder of the prompt that is repaired.
        reference: conversation id → right label.
        rows: rows of the set that the reference labels.
        endpoint: that suggests wordings, and by whose model the labeller is known.
    """

    labeller: SetLabeller
    reference: Mapping[str, str]
    reference_is: Reference
    options: RepairOptions
    resources: Resources
    source: PromptSource
    prompts_folder: Path
    prompts: PromptFolders
    rows: Split
    endpoint: Endpoint
    ask: SetAnswers

    @property
    def classifier(self) -> str:
        return self.source.parts.classifier

    @property
    def efforts(self) -> tuple[str, ...]:
        """Values of `reasoning_effort` to try, without the one that applies now."""
        now = self.source.parts.reasoning_effort or self.endpoint.reasoning_effort
        tried = self.options.efforts
        if tried is None:
            tried = () if now is None else _EFFORTS
        return tuple(effort for effort in tried if effort != now)

    @property
    def prompt_path(self) -> Path:
        """The prompt file that is repaired."""
        return find_prompt(self.prompts_folder, self.classifier)


@contextmanager
def set_up(
    labeller: SetLabeller,
    classifier: str,
    reference: Mapping[str, str],
    *,
    reference_is: Reference,
    out: str,
    options: RepairOptions,
    resources: Resources,
) -> Iterator[RepairSetup]:
    """Read the prompt and divide the rows. Prompts that are tried are written below `out` if it is on this machine.

    Raises:
        ConfigError: too few rows, or no endpoint.
        PromptFileError: the prompt file is wrong.
    """
    folder = labeller.plan.prompts
    source = read_parts(find_prompt(folder, classifier))
    rows = rows_of(labeller.frozen, reference)
    rows.check()
    endpoint = _endpoint(labeller, resources)
    with _work_folder(out) as work:
        prompts = PromptFolders(source, folder, work)
        yield RepairSetup(
            labeller, reference, reference_is, options, resources, source, folder, prompts, rows, endpoint,
            SetAnswers(labeller, classifier, prompts, resources),
        )  # fmt: skip


def _endpoint(labeller: SetLabeller, resources: Resources) -> Endpoint:
    """The labeller's first endpoint that answers at once, or its first."""
    endpoints = endpoints_of(labeller.plan, resources.resolve_connection)
    if not endpoints:
        raise ConfigError("endpoints", labeller.plan.endpoints, "has no endpoint of this labeller")
    return next((each for each in endpoints if Lane.REALTIME in each.lanes), endpoints[0])


@contextmanager
def _work_folder(out: str) -> Iterator[Path]:
    if is_on_disk(out):
        yield local_path(out) / "tried"
        return
    with tempfile.TemporaryDirectory(prefix="semtel-repair-") as folder:
        yield Path(folder)
