"""Expectations of the frames that belong to no single check: the columns of the landed files, and the rows themselves."""

from collections.abc import Mapping, Sequence

from semtel_ops.quality.counts import AllowedLabels
from semtel_ops.quality.gx import Condition, Expectation
from semtel_ops.quality.results import CheckResult
from semtel_ops.settings import Severity
from semtel_ops.words import RowStatus

SCHEMA, ROW_VALUES = "schema", "row_values"
_DESCRIPTIONS = {
    SCHEMA: "Every file has the columns and types of the label row.",
    ROW_VALUES: "Every value of a row is allowed in its column.",
}


def frame_result(check: str, *, passed: bool, observed: str, notes: str = "") -> CheckResult:
    """The result of a whole frame; it stops the run where it did not pass."""
    return CheckResult(check, _DESCRIPTIONS[check], passed, Severity.STOP, observed, "none", None, notes)


def column_expectations() -> list[Expectation]:
    """Expectations of the frame `columns`."""
    equal = {"column_A": "actual", "column_B": "expected"}
    return [Expectation(SCHEMA, "ExpectColumnPairValuesToBeEqual", equal, Severity.STOP, _DESCRIPTIONS[SCHEMA])]


def row_expectations(allowed: Sequence[AllowedLabels]) -> list[Expectation]:
    """Expectations of the frame `rows`."""
    not_null = "ExpectColumnValuesToNotBeNull"
    between, in_set = "ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeInSet"
    succeeded: Condition = ("status", "==", RowStatus.SUCCESS.value)
    landed: Condition = ("status", "!=", RowStatus.MISSING.value)  # a shard that never landed sent no requests
    expectations = [
        _row("ExpectCompoundColumnsToBeUnique", "one row per conversation and classifier", {"column_list": list(_MEMBER)}),
        *(_row(not_null, f"{column} is given", {"column": column}) for column in (*_MEMBER, "status", "sample_weight")),
        _row(in_set, "status is known", {"column": "status", "value_set": [status.value for status in RowStatus]}),
        _row(between, "sample_weight is above 0", {"column": "sample_weight", "min_value": 0, "strict_min": True}),
        _row(between, "confidence is from 0 to 1", {"column": "confidence", "min_value": 0, "max_value": 1}),
        _row(between, "packed_with is 1 or more", {"column": "packed_with", "min_value": 1}, (landed,)),
        *(_row(between, f"{column} is 0 or more", {"column": column, "min_value": 0}) for column in _NOT_NEGATIVE),
        _row(not_null, "a row that succeeded has a label", {"column": "label"}, (succeeded,)),
    ]
    for allowed_labels in allowed:
        own_rows: Condition = ("classifier", "==", allowed_labels.classifier)
        known = {"column": "label", "value_set": list(allowed_labels.labels)}
        expectations.append(
            _row(
                in_set,
                f"{allowed_labels.classifier}: label is allowed",
                known,
                (own_rows, succeeded),
            )
        )
    return expectations


_MEMBER = ("conversation_id", "classifier")
_NOT_NEGATIVE = ("truncated_tokens", "compression_ratio", "input_tokens", "output_tokens", "cost_usd", "attempts")


def _row(kind: str, description: str, arguments: Mapping[str, object], where: tuple[Condition, ...] = ()) -> Expectation:
    return Expectation(ROW_VALUES, kind, arguments, Severity.STOP, description, where)
