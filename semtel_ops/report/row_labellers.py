"""Who labelled the rows of a run: SQL sums over its label rows, by classifier and labeller."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semtel_ops.bridging import Part
from semtel_ops.report.shares import ROWS
from semtel_ops.store import sql_engine


@dataclass(frozen=True, slots=True)
class LabellerRows:
    """What one labeller labelled for one classifier in a run.

    Attributes:
        labeller: its id; empty for labels by an earlier release.
        model: the model that was asked.
        served_model: the model that answered; None for labels by an earlier release.
        version: version of the prompt file.
        n: conversations that it labelled.
        weight: conversations of the population that they represent.
    """

    classifier: str
    labeller: str
    model: str
    served_model: str | None
    version: str
    n: int
    weight: float


def labeller_rows(con: sql_engine.Connection) -> list[LabellerRows]:
    """The labellers of all rows with status success, by classifier, who labelled most first."""
    return [LabellerRows(**row) for row in sql_engine.records(con, _LABELLERS)]


def main_labellers(rows: Sequence[LabellerRows]) -> Mapping[str, str]:
    """Classifier → the labeller of most of its labels; not in it where an earlier release made most of them."""
    first: dict[str, LabellerRows] = {}
    for row in rows:
        first.setdefault(row.classifier, row)
    return {classifier: row.labeller for classifier, row in first.items() if row.labeller}


def parts_of(rows: Sequence[LabellerRows]) -> dict[str, list[Part]]:
    """Classifier → who labelled it, who labelled most first."""
    found: dict[str, list[Part]] = {}
    for row in rows:
        part = Part(row.labeller, row.model, row.served_model, row.version, row.weight)
        found.setdefault(row.classifier, []).append(part)
    return found


_LABELLERS = f"""
select classifier, coalesce(labeller, '') as labeller, min(model) as model, min(served_model) as served_model,
       max(classifier_version) as version, count(*) as n, sum(sample_weight) as weight
from {ROWS} where status = 'success' and model is not null
group by classifier, coalesce(labeller, '')
order by classifier, weight desc, labeller
"""  # noqa: S608
