"""What is expected of the frames that no single check owns: the columns of the landed files, and the rows themselves."""

from collections.abc import Mapping, Sequence

from semtel_ops.quality.counts import AllowedLabels
from semtel_ops.quality.gx import Condition, Expectation
from semtel_ops.quality.results import CheckResult
from semtel_ops.settings import Severity
from semtel_ops.words import RowStatus

SCHEMA, ROW_VALUES = "schema", "row_values"
_DESCRIPTIONS = {
    SCHEMA: "Every file has the columns and types of the label row.",
    ROW_VALUES: "Every field of a row holds what its column may.",
}


def frame_result(check: str, *, passed: bool, observed: str, notes: str = "") -> CheckResult:
    """The one result of a whole frame; it stops where it did not pass."""
    return CheckResult(check, _DESCRIPTIONS[check], passed, Severity.STOP, observed, "none", None, notes)


def ask_columns() -> list[Expectation]:
    equal = {"column_A": "found", "column_B": "expected"}
    return [Expectation(SCHEMA, "ExpectColumnPairValuesToBeEqual", equal, Severity.STOP, _DESCRIPTIONS[SCHEMA])]


def ask_rows(allowed: Sequence[AllowedLabels]) -> list[Expectation]:
    """What only rows show."""
    given = "ExpectColumnValuesToNotBeNull"
    between, in_set = "ExpectColumnValuesToBeBetween", "ExpectColumnValuesToBeInSet"
    succeeded: Condition = ("status", "==", RowStatus.SUCCESS.value)
    arrived: Condition = ("status", "!=", RowStatus.MISSING.value)  # a shard that never landed packed nothing
    asks = [
        _row("ExpectCompoundColumnsToBeUnique", "one row a conversation and classifier", {"column_list": list(_MEMBER)}),
        *(_row(given, f"{column} is given", {"column": column}) for column in (*_MEMBER, "status", "sample_weight")),
        _row(in_set, "status is of the closed set", {"column": "status", "value_set": [status.value for status in RowStatus]}),
        _row(between, "sample_weight is above 0", {"column": "sample_weight", "min_value": 0, "strict_min": True}),
        _row(between, "confidence is from 0 to 1", {"column": "confidence", "min_value": 0, "max_value": 1}),
        _row(between, "packed_with is 1 or more", {"column": "packed_with", "min_value": 1}, (arrived,)),
        *(_row(between, f"{column} is 0 or more", {"column": column, "min_value": 0}) for column in _NOT_NEGATIVE),
        _row(given, "a row that succeeded has a label", {"column": "label"}, (succeeded,)),
    ]
    for each in allowed:
        known = {"column": "label", "value_set": list(each.labels)}
        asks.append(
            _row(
                in_set, f"{each.classifier}: label is one of its own", known, (("classifier", "==", each.classifier), succeeded)
            )
        )
    return asks


_MEMBER = ("conversation_id", "classifier")
_NOT_NEGATIVE = ("truncated_tokens", "compression_ratio", "input_tokens", "output_tokens", "cost_usd", "attempts")


def _row(kind: str, description: str, arguments: Mapping[str, object], where: tuple[Condition, ...] = ()) -> Expectation:
    return Expectation(ROW_VALUES, kind, arguments, Severity.STOP, description, where)
