"""Selects the rows of an earlier run to label again; all others are carried over unchanged."""

from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from semtel_ops.store import sql_engine
from semtel_ops.words import RowStatus

_CONDITIONS = {
    "all": "true",
    "not_success": "status <> 'success'",
    "status": "status = $status",
    "label": "classifier = $of and (label = $label or list_contains(labels, $label))",
    "ids": "conversation_id in (select conversation_id from ids)",
}
NARROW = ("conversation_id", "classifier", "classifier_version", "status", "label", "labels")


class Selection(BaseModel):
    """Which rows of the base run are selected.

    Attributes:
        status: for `rows: status`.
        label: for `rows: label`, as classifier=label; also matches rows with several labels that include it.
        ids: for `rows: ids`: Parquet file with the column conversation_id.
        classifiers: only rows of these; empty: of all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rows: Literal["all", "not_success", "status", "label", "ids"] = "not_success"
    status: RowStatus | None = None
    label: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]*=[a-z0-9_]+$")
    ids: str | None = None
    classifiers: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_what_its_rows_need(self) -> Self:
        for name in ("status", "label", "ids"):
            if (getattr(self, name) is not None) != (self.rows == name):
                raise ValueError(f"{name} must be given if and only if rows is {name}; rows is {self.rows}")
        return self

    @property
    def params(self) -> dict[str, Any]:
        """Values of the parameters in `sql`."""
        of, _, label = (self.label or "").partition("=")
        given: dict[str, dict[str, Any]] = {"status": {"status": self.status}, "label": {"of": of, "label": label}}
        return {**given.get(self.rows, {}), "classifiers": list(self.classifiers)}

    @property
    def sql(self) -> str:
        """A condition on label rows that is never null; `read_ids` comes first."""
        own = "(len($classifiers) = 0 or list_contains($classifiers, classifier))"
        return f"coalesce(({_CONDITIONS[self.rows]}) and {own}, false)"

    def read_ids(self, con: sql_engine.Connection) -> None:
        if self.ids is not None:
            sql_engine.read(con, "ids", [self.ids], ["conversation_id"])


def count_selected(selection: Selection, urls: Sequence[str]) -> list[dict[str, Any]]:
    """How many rows are selected and how many are not: by file, classifier, its version and status."""
    text = f"""
      select part_file, classifier, classifier_version, status, {selection.sql} as selected, count(*) as rows
      from landed group by all order by all
    """  # noqa: S608 - a constant of this module
    with sql_engine.connect() as con:
        sql_engine.read(con, "landed", urls, NARROW)
        selection.read_ids(con)
        return list(sql_engine.records(con, text, **selection.params))
