"""reprocess.json: what a reprocess was asked for and what it would change."""

from typing import Any, NotRequired, TypedDict


class ChangeCounts(TypedDict):
    """Changes of a classifier's rows from the run that would be replaced or, without a published run, the base run.

    Attributes:
        classifier: its id.
        rows: rows of the reprocess.
        asked: rows that were asked again; the rest are carried over.
        added: rows that the earlier run does not have.
        relabelled: rows with status `success` in both runs and different labels.
        mended: rows with status `success` only in the reprocess.
        lost: rows with status `success` only in the earlier run.
        not_success: rows of the reprocess without a label.
    """

    classifier: str
    rows: int
    asked: int
    added: int
    relabelled: int
    mended: int
    lost: int
    not_success: int


class ReprocessDocument(TypedDict):
    """reprocess.json: the request, its changes, and the approval.

    Attributes:
        week: ISO week.
        run_id: this run.
        base_run: run whose rows it starts from.
        requested_by: user of Airflow, or of the shell.
        requested_at: ISO 8601.
        reason: as that user wrote it.
        selection: which rows were selected: fields of `runs.selection.Selection`.
        fresh: whether no reply of another run was reused.
        asked_rows: rows that are asked again.
        asked_by_classifier: classifier → these rows.
        asked_by_status: earlier status → these rows; `new` for classifiers that the base run did not have.
        carried_rows: rows that are carried over.
        warnings: reasons why the week will contain labels of two kinds, as sentences.
        replaces: run that was published when the changes were counted, or None. Absent until the run has passed the gate.
        changes: by classifier. Absent until the run has passed the gate.
        decided_by: who approved or rejected it; None if no approval was required or nobody answered in time.
        rejected: whether it was rejected and is not published.
    """

    week: str
    run_id: str
    base_run: str
    requested_by: str
    requested_at: str
    reason: str
    selection: dict[str, Any]
    fresh: bool
    asked_rows: int
    asked_by_classifier: dict[str, int]
    asked_by_status: dict[str, int]
    carried_rows: int
    warnings: list[str]
    replaces: NotRequired[str | None]
    changes: NotRequired[list[ChangeCounts]]
    decided_by: NotRequired[str | None]
    rejected: NotRequired[bool]
