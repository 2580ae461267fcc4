"""Landed labels compared with golden labels: labels in the source's records, under the ids of our classifiers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semtel_ops.classifiers import ClassifierSpec
from semtel_ops.evaluation.agreement import Coefficient, Confusion, accuracy, cohen_kappa, weighted_kappa
from semtel_ops.evaluation.comparison import BETWEEN
from semtel_ops.evaluation.intervals import Share
from semtel_ops.store import sql_engine


@dataclass(frozen=True, slots=True)
class GoldResult:
    """Agreement of a classifier with golden labels. Rows are not weighted: the result describes the classifier, not the week.

    Attributes:
        accuracy: share of equal pairs; its `n` is the number of pairs.
        kappa: Cohen's kappa.
        weighted: quadratic kappa, for scales; None for other kinds.
        unanswered: conversations with a golden label whose row did not end in success.
        unreadable: golden values that are not a label of the classifier; not part of any other number.
        counts: (golden, landed) → pairs. Where several labels apply, the whole set is one category.
    """

    classifier: str
    accuracy: Share
    kappa: Coefficient
    weighted: Coefficient | None
    unanswered: int
    unreadable: int
    counts: Confusion


def compare_with_gold(landed: Sequence[str], conversations: Sequence[str], specs: Sequence[ClassifierSpec]) -> list[GoldResult]:
    """Compare landed rows with golden labels; a result for each classifier that has any, in the order of `specs`.

    A golden label is a string (id, name or alias, in any spelling), true or false for yes/no, the number of a level from 1 for
    a scale, or a list of strings where several labels apply.

    Args:
        landed: URLs of label rows.
        conversations: URLs of their conversations; `labels_json` has the golden labels.
    """
    if not landed or not conversations:
        return []
    readers = {spec.id: _Reader(spec) for spec in specs}
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", landed, ("conversation_id", "classifier", "label", "labels", "status"))
        sql_engine.read(con, "conversations", conversations, ("conversation_id", "labels_json"))
        for row in sql_engine.records(con, _PAIRS, ids=list(readers)):
            readers[row["classifier"]].add(row)
    return [reader.result() for reader in readers.values() if reader.has_rows]


def golden_labels(conversations: Sequence[str], specs: Sequence[ClassifierSpec]) -> dict[tuple[str, str], str | None]:
    """(conversation, classifier) → golden label, for those with a readable one; a baseline for `compare`."""
    labels: dict[tuple[str, str], str | None] = {}
    readers = {spec.id: _Reader(spec) for spec in specs}
    if conversations:
        with sql_engine.connect() as con:
            sql_engine.read(con, "conversations", conversations, ("conversation_id", "labels_json"))
            for row in sql_engine.records(con, _GOLDEN, ids=list(readers)):
                label = readers[row["classifier"]].golden(row["type"], row["gold"])
                if label is not None:
                    labels[row["conversation_id"], row["classifier"]] = label
    return labels


class _Reader:
    """Counts pairs of golden and landed labels of a classifier."""

    def __init__(self, spec: ClassifierSpec) -> None:
        self._spec = spec
        self._counts: Counter[tuple[str, str]] = Counter()
        self._unanswered = self._unreadable = 0

    @property
    def has_rows(self) -> bool:
        return bool(self._counts or self._unanswered or self._unreadable)

    def add(self, row: Mapping[str, Any]) -> None:
        golden = self.golden(row["type"], row["gold"])
        if golden is None:
            self._unreadable += row["n"]
        elif row["label"] is None:
            self._unanswered += row["n"]
        else:
            self._counts[golden, self._landed(row["label"], row["labels"])] += row["n"]

    def _landed(self, label: str, labels: list[str] | None) -> str:
        return BETWEEN.join(self._spec.answer_kind.category(label, labels or ()))

    def golden(self, json_type: str, values: list[str]) -> str | None:
        """The category of a golden value; None if the value is not a label of the classifier."""
        category = self._spec.answer_kind.golden(self._spec, json_type, values)
        return None if category is None else BETWEEN.join(category)

    def result(self) -> GoldResult:
        return GoldResult(
            self._spec.id,
            accuracy(self._counts),
            cohen_kappa(self._counts),
            weighted_kappa(self._counts, self._spec.label_ids) if self._spec.answer_kind.levels else None,
            self._unanswered,
            self._unreadable,
            dict(self._counts),
        )


# Text that is not a JSON object has no golden labels. Values are cut to 200 characters: no label is longer, and a record may
# have megabytes under the id of a classifier.
_SPELLED = """
with golden as (
  select conversation_id, classifier, json_extract(labels_json, '$."' || classifier || '"') as value
  from conversations cross join (select unnest($ids) as classifier)
  where labels_json is not null and json_valid(labels_json)
), spelled as (
  select conversation_id, classifier, json_type(value) as type,
    case json_type(value)
      when 'ARRAY' then list_sort(list_distinct([left(item, 200) for item in value->>'$[*]']))
      else [left(value->>'$', 200)]
    end as gold
  from golden where value is not null and json_type(value) <> 'NULL'
)
"""
_GOLDEN = f"{_SPELLED} select * from spelled"  # noqa: S608 - constants of this module
_PAIRS = f"""{_SPELLED}
select g.classifier, g.type, g.gold, count(*) as n,
  case when l.status = 'success' then l.label end as label,
  case when l.status = 'success' then l.labels end as labels
from spelled g join landed l on l.conversation_id = g.conversation_id and l.classifier = g.classifier
group by all
"""  # noqa: S608
