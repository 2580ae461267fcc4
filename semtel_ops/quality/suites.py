"""The suites: what is expected of each frame, and which check each expectation is part of."""

from collections.abc import Mapping, Sequence

from semtel_ops.quality.checks import Check
from semtel_ops.quality.counts import AllowedLabels
from semtel_ops.quality.gx import Condition, Expectation
from semtel_ops.settings import CheckPolicy, QualityConfig, Severity
from semtel_ops.store.tables import RowStatus

SCHEMA = Check("schema", "Every file has the columns and types of the label row.", Severity.STOP, "found", "text")
ROW_VALUES = Check("row_values", "Every field of a row holds what its column may.", Severity.STOP, "", "text")

_CONTRACT = (
    Check("rows_complete", "Every sampled conversation has a row of every classifier.", Severity.STOP, "missing_rows"),
    Check("rows_unique", "No conversation has two rows of one classifier.", Severity.STOP, "duplicate_rows"),
    Check("status_known", "Every status is one of the closed set.", Severity.STOP, "unknown_status_rows"),
    Check("label_known", "Every row that succeeded has a label of its classifier.", Severity.STOP, "unknown_label_rows"),
)


def classifier_checks(config: QualityConfig) -> list[Check]:
    """Checks with one result a classifier, from its counts."""
    stuck = "Rows that say the commonest label: a model stuck on one answer."
    return [
        *_CONTRACT,
        *_configured("non_success_share", "Rows that did not end in success.", config.non_success_share),
        *_configured("constant_output_share", stuck, config.constant_output_share),
    ]


def run_checks(config: QualityConfig) -> list[Check]:
    """Checks with one result a run."""
    price = "What labelling a conversation cost, all classifiers together."
    return [
        *_configured("truncated_share", "Rows whose conversation was cut to fit.", config.truncated_share),
        *_configured("quarantined_share", "Records that could not be read.", config.quarantined_share),
        *_configured("cost_per_conversation_usd", price, config.cost_per_conversation_usd, "usd"),
    ]


def change_checks(config: QualityConfig) -> list[Check]:
    """The check of label shares against the last published weeks, one result a classifier."""
    description = f"Change of a label's share against the last {config.history_weeks} published weeks."
    return _configured("label_share_change", description, config.label_share_change, column="change_size")


def ask_columns() -> list[Expectation]:
    equal = {"column_A": "found", "column_B": "expected"}
    return [Expectation(SCHEMA.id, "ExpectColumnPairValuesToBeEqual", equal, SCHEMA.severity, SCHEMA.description)]


def ask_classifiers(checks: Sequence[Check], min_rows: int) -> list[Expectation]:
    """Counts must be 0. Shares are asked where there are `min_rows`; that nothing at all succeeded is asked always."""
    asks = []
    for check in checks:
        if check.id == "non_success_share":
            asks += [_at_most(check, ("rows", ">=", min_rows)), _at_most(check, ("succeeded", "==", 0))]
        elif check.id == "constant_output_share":
            asks.append(_at_most(check, ("succeeded", ">=", min_rows)))
        else:
            asks.append(_at_most(check))
    return asks


def ask_labels(check: Check, min_rows: int) -> list[Expectation]:
    """A change counts where it is more than noise, and where there are rows enough."""
    return [_at_most(check, ("n", ">=", min_rows), ("is_real", "==", "yes"))]


def ask_run(checks: Sequence[Check], min_rows: int) -> list[Expectation]:
    return [_at_most(check, ("rows", ">=", min_rows)) for check in checks]


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
    return Expectation(ROW_VALUES.id, kind, arguments, ROW_VALUES.severity, description, where)


def _at_most(check: Check, *where: Condition) -> Expectation:
    arguments = {"column": check.column, "max_value": check.limit}
    description = f"{check.description} Expected: {check.expected}."
    return Expectation(check.id, "ExpectColumnValuesToBeBetween", arguments, check.severity, description, where)


def _configured(
    check_id: str, description: str, policy: CheckPolicy, unit: str = "share", *, column: str | None = None
) -> list[Check]:
    """The check, unless it is off: without a severity or a limit there is nothing to check."""
    if policy.severity is Severity.OFF or policy.limit is None:
        return []
    return [Check(check_id, description, policy.severity, column or check_id, unit, policy.limit)]
