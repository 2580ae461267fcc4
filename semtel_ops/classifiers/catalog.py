"""Classifiers from prompt files: the metadata that makes a `.prompty` file a classifier, and its checks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from semtel_ops.classifiers.kinds import Kind, answer_kind
from semtel_ops.classifiers.labels import Label
from semtel_ops.classifiers.match import index_labels
from semtel_ops.classifiers.rubric import AGAINST, FOR
from semtel_ops.classifiers.spec import ClassifierSpec
from semtel_ops.errors import PromptFileError
from semtel_ops.prompts import PromptFile, find_prompt, load_prompty, render
from semtel_ops.settings.config_model import ConfigModel

_METADATA = ("metadata",)
_LABELS = ("metadata", "labels")

_Line = Annotated[str, Field(min_length=1, max_length=1_000, pattern=r"^[^\r\n]+$")]


class LabelEntry(ConfigModel):
    """A label of the classifier; for a rubric, an item of it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, examples=["technology"])
    """What the model answers, and the value in label rows."""
    name: _Line = Field(examples=["Technology"])
    """Title for people."""
    definition: _Line
    """When the label applies. The prompt shows it to the model on a line of its own."""
    group: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$", examples=[FOR, AGAINST])
    """Group of the label. For a `rubric`: whether the item counts for or against."""
    aliases: tuple[_Line, ...] = Field(default=(), examples=[["tech", "programming"]])
    """Other answers that are read as this label."""


class ClassifierMetadata(ConfigModel):
    """What makes a prompt a classifier."""

    version: str = Field(pattern=r"^\d+\.\d+\.\d+$", examples=["1.0.0"])
    """Version of the question. Label rows have it, and comparisons between versions are marked."""
    source: str = Field(min_length=1)
    """Where the labels and their definitions come from."""
    kind: Kind
    """Type of answer."""
    labels: tuple[LabelEntry, ...] = Field(min_length=2, max_length=500)
    """Labels in the order in which the model sees them."""


def load_classifiers(folder: str | Path, ids: Sequence[str]) -> tuple[ClassifierSpec, ...]:
    """The classifiers with these ids, in this order; an id that is given twice is loaded once.

    Raises:
        ConfigError: an id has no file; the message names the nearest or all known ids.
        PromptFileError: a file is missing or wrong.
    """
    return tuple(load_classifier(find_prompt(folder, classifier_id)) for classifier_id in dict.fromkeys(ids))


def load_classifier(path: str | Path) -> ClassifierSpec:
    """The classifier of a prompt file.

    Raises:
        PromptFileError: the file is missing or wrong; the message names file, line and reason.
    """
    prompt = load_prompty(path)
    metadata = _metadata(prompt)
    labels = tuple(Label(**entry.model_dump()) for entry in metadata.labels)
    _check_labels(prompt, metadata.kind, labels)
    spec = ClassifierSpec(
        id=prompt.header.name,
        name=prompt.header.display_name,
        description=prompt.header.description,
        version=metadata.version,
        source=metadata.source,
        kind=metadata.kind,
        labels=labels,
        prompt=render(prompt, {"labels": labels}),
        max_output_tokens=prompt.options.max_output_tokens,
        temperature=prompt.options.temperature,
        seed=prompt.options.seed,
        reasoning_effort=prompt.options.reasoning_effort,
    )
    _check_instruction(prompt, spec)
    return spec


def _metadata(prompt: PromptFile) -> ClassifierMetadata:
    try:
        return ClassifierMetadata.model_validate(prompt.header.metadata)
    except ValidationError as error:
        raise prompt.frontmatter.error_of(error, within=_METADATA) from None


def _check_labels(prompt: PromptFile, kind: Kind, labels: tuple[Label, ...]) -> None:
    seen: set[str] = set()
    for position, label in enumerate(labels):
        if label.id in seen:
            raise prompt.frontmatter.error((*_LABELS, position, "id"), f"{label.id} is defined twice")
        seen.add(label.id)
        if not label.definition.strip():
            raise prompt.frontmatter.error((*_LABELS, position, "definition"), "must not be empty")
    try:
        index_labels(labels, answer_kind(kind).spellings)
    except ValueError as error:
        raise prompt.frontmatter.error(_LABELS, str(error)) from None
    problem = answer_kind(kind).problem(labels)
    if problem is not None:
        wrong_label, reason = problem
        raise prompt.frontmatter.error(_LABELS if wrong_label is None else (*_LABELS, wrong_label), reason)


def _check_instruction(prompt: PromptFile, spec: ClassifierSpec) -> None:
    """Every label must be defined on a line of its own: the model cannot choose a label that the prompt does not mention."""
    lines = spec.instruction.splitlines()
    for label in spec.labels:
        if lines.count(f"- {label.id}: {label.definition}") != 1:
            reason = f"the system section must render `- {label.id}: <definition>` on one line, once"
            raise PromptFileError(str(prompt.path), prompt.sections[0].line, reason)
