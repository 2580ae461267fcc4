"""People's labels for the conversations of an alignment: those in the records, in the ledger and in a file."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import fsspec

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.conversations.sources.json_text import decode_json
from semtel_ops.errors import ConfigError
from semtel_ops.evaluation import golden_labels
from semtel_ops.evaluation.comparison import BETWEEN
from semtel_ops.gold.answers import shown_answer
from semtel_ops.steps.frozen_set import FrozenSet, conversations_of
from semtel_ops.store.files import list_files
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger

Gold = dict[str, dict[str, str]]
"""Classifier → conversation id → people's label, as a category of `evaluation.comparison`."""


def gold_of(
    frozen: FrozenSet, specs: Sequence[ClassifierSpec], *, ledger: Ledger | None = None, file: str | None = None
) -> Gold:
    """People's labels of a set. A label of the file takes precedence over one of the ledger, and that over one in the records.

    Args:
        ledger: that of the week that the set is of; None for a set of files.
        file: path or URL of JSONL: `conversation_id`, and `classifier` with `label`, or `labels` by classifier. A label is
            written as golden labels of records are. Conversations that the set does not have are ignored.

    Raises:
        ConfigError: the file cannot be read, or has a label that a classifier does not know; names the line.
    """
    folder = Lake(frozen.root).conversations_folder(frozen.week)
    gold: Gold = {spec.id: {} for spec in specs}
    for (conversation, classifier), label in golden_labels(list_files(folder, ".parquet"), specs).items():
        if label is not None:
            gold[classifier][conversation] = label
    if ledger is not None:
        for spec in specs:
            gold[spec.id] |= labelled_by_people(ledger, frozen.week, spec.id)
    if file is not None:
        known = {name for batch in conversations_of(frozen, ["conversation_id"]) for name in batch.column(0).to_pylist()}
        for conversation, classifier, label in _labels_in(file, {spec.id: spec for spec in specs}, known):
            gold[classifier][conversation] = label
    return gold


def labelled_by_people(ledger: Ledger, week: str, classifier: str) -> dict[str, str]:
    """Conversation id → people's label in the ledger, as a category."""
    return {row.conversation_id: BETWEEN.join(row.gold) for row in GoldLedger(ledger).labels(classifier, week=week)}


def _labels_in(file: str, specs: dict[str, ClassifierSpec], known: Collection[str]) -> Iterator[tuple[str, str, str]]:
    try:
        with fsspec.open(file, "r", encoding="utf-8-sig") as lines:
            for at, line in enumerate(lines, start=1):
                if line.strip():
                    yield from _labels_of(f"{file}: line {at}", line, specs, known)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("gold", file, f"cannot be read: {type(error).__name__}") from None


def _labels_of(
    where: str, line: str, specs: dict[str, ClassifierSpec], known: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    try:
        row = decode_json(line)
    except ValueError:
        row = None
    name = row.get("conversation_id") if isinstance(row, dict) else None
    if not isinstance(row, dict) or name is None:
        raise ConfigError(where, None, "must be a JSON object with conversation_id, and classifier with label, or labels")
    if str(name) not in known or row.get("skipped") is True:
        return
    values = row["labels"] if isinstance(row.get("labels"), dict) else {row.get("classifier"): row}
    for classifier, value in values.items():
        spec = specs.get(str(classifier))
        label = _given(value, spec.answer_kind.several) if spec is not None else None
        if spec is not None and label is not None:
            yield str(name), spec.id, _category(where, spec, label)


def _given(value: Any, several: bool) -> Any:
    """The label of an entry: of a rubric, the verdict; where several labels may apply, all of them."""
    if not isinstance(value, dict):
        return value
    label, labels = value.get("label"), value.get("labels")
    return labels if label is None or (several and labels is not None) else label


def _category(where: str, spec: ClassifierSpec, value: Any) -> str:
    """The category of a label, which is written as in the records that a source brings."""
    if isinstance(value, list):
        kind, values = "ARRAY", sorted({str(one) for one in value})
    else:
        kind = "BOOLEAN" if isinstance(value, bool) else "UBIGINT" if isinstance(value, int) else "VARCHAR"
        values = [str(value).lower() if isinstance(value, bool) else str(value)]
    category = spec.answer_kind.golden(spec, kind, values)
    if category is None:
        raise ConfigError(
            f"{where}: {spec.id}", shown_answer(" + ".join(values)), f"is not a label; it has {', '.join(spec.label_ids)}"
        )
    return BETWEEN.join(category)
