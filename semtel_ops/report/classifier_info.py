"""Names, groups and order of a classifier's labels, for pages that show its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from semtel_ops.classifiers import ClassifierSpec, load_classifier
from semtel_ops.errors import SemtelError
from semtel_ops.humanize import title
from semtel_ops.prompts import find_prompt


@dataclass(frozen=True, slots=True)
class ClassifierInfo:
    """One classifier as the page shows it.

    Attributes:
        names: label id → name to show; its order is the order of the prompt file.
        groups: label id → group; empty where labels have none.
        items: rubric item → name to show; empty for other kinds.
        item_groups: rubric item → sat or dsat.
        several: a conversation can have several labels, so shares may sum to more than 1.
        ordered: labels are levels from lowest to highest and are shown in that order.
    """

    id: str
    title: str
    version: str = ""
    fingerprint: str = ""
    names: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    item_groups: dict[str, str] = field(default_factory=dict)
    several: bool = False
    ordered: bool = False

    def name(self, label: str) -> str:
        return self.names.get(label) or self.items.get(label) or title(label)


def load_classifier_info(folder: str | Path, ids: Sequence[str]) -> tuple[ClassifierInfo, ...]:
    """The info of each classifier. A missing or broken prompt file is no error: its classifier is shown by its id."""
    return tuple(_load(folder, classifier_id) for classifier_id in ids)


def info_of(spec: ClassifierSpec) -> ClassifierInfo:
    kind = spec.answer_kind
    names = {label.id: label.name for label in spec.labels}
    return ClassifierInfo(
        id=spec.id,
        title=spec.name,
        version=spec.version,
        fingerprint=spec.fingerprint,
        names={label: title(label) for label in spec.label_ids} if kind.items else names,
        groups={} if kind.items else dict(spec.groups),
        items=names if kind.items else {},
        item_groups=dict(spec.groups) if kind.items else {},
        several=kind.several,
        # A model chooses among cognitive levels as among any labels, but people read them from low to high.
        ordered=kind.levels or kind.items or bool(spec.groups),
    )


def _load(folder: str | Path, classifier_id: str) -> ClassifierInfo:
    try:
        return info_of(load_classifier(find_prompt(folder, classifier_id)))
    except SemtelError:
        return ClassifierInfo(classifier_id, title(classifier_id))
