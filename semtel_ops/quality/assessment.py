"""From evidence to results: builds the frames, validates them with Great Expectations, and makes a result of each check."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from semtel_ops.humanize import count, number
from semtel_ops.quality import frames, suites
from semtel_ops.quality.checks import ActiveCheck, ClassifierCheck, LabelCheck, RunCheck, active_checks
from semtel_ops.quality.evidence import Evidence
from semtel_ops.quality.gx import Expectation, ExpectationResult, Validator
from semtel_ops.quality.results import CheckResult, shown, too_few
from semtel_ops.settings import QualityConfig

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]


def assess(
    evidence: Evidence, config: QualityConfig, validator: Validator, active: Sequence[ActiveCheck] | None = None
) -> list[CheckResult]:
    """Run all active checks; results are in the order schema, row values, checks of classifiers, of labels, of the run.

    Files without the label row's columns cannot be counted: then the failed schema check is the only result.

    Args:
        active: the checks to run, besides those of the schema and of row values; None: those that `config` turns on.
    """
    results = [_schema(evidence, validator)]
    if not results[0].passed:
        return results
    results += [_row_values(evidence, validator)] if evidence.urls else []
    active = active_checks(config) if active is None else active
    of_classifiers, of_labels, of_run = (
        [active_check for active_check in active if isinstance(active_check.check, kind)]
        for kind in (ClassifierCheck, LabelCheck, RunCheck)
    )
    results += _classifiers(evidence, of_classifiers, config, validator)
    results += _labels(evidence, of_labels, config, validator)
    results += _run(evidence, of_run, config, validator)
    return results


def _schema(evidence: Evidence, validator: Validator) -> CheckResult:
    if not evidence.columns:
        return suites.frame_result(suites.SCHEMA, passed=True, observed="no files", notes="no rows have landed")
    results = validator.validate("columns", frames.columns_frame(evidence.columns), suites.column_expectations())
    wrong = [column for column in evidence.columns if not column.matches]
    details = "; ".join(f"{column.column} is {column.actual}, not {column.expected}, in {column.where}" for column in wrong[:5])
    notes = f"{details}; nothing else could be checked" if wrong else ""
    passed = all(result.passed for result in results)
    return suites.frame_result(suites.SCHEMA, passed=passed, observed=_differences(len(wrong)), notes=notes)


def _differences(differences: int) -> str:
    return count(differences, "difference") if differences else "none"


def _violations(rows: int) -> str:
    return f"violated by {count(rows, 'row')}"


def _row_values(evidence: Evidence, validator: Validator) -> CheckResult:
    frame = frames.rows_frame(evidence.urls)
    results = validator.validate("rows", frame, suites.row_expectations(evidence.allowed))
    failed = [result for result in results if not result.passed]
    details = [f"{result.expectation.description}: {result.problem or _violations(result.unexpected)}" for result in failed[:5]]
    checked = f"{number(len(frame))} of {count(evidence.rows.rows, 'row')} checked"
    observed = f"{len(failed)} of {len(results)} expectations failed" if failed else "none"
    return suites.frame_result(suites.ROW_VALUES, passed=not failed, observed=observed, notes="; ".join([*details, checked]))


def _classifiers(
    evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator
) -> list[CheckResult]:
    frame = frames.classifiers_frame(evidence, active)
    results = validator.validate("classifiers", frame, _expectations(active, config), index=("classifier",))
    counts_of = {counts.classifier: counts for counts in evidence.rows.classifiers}

    def notes(active_check: ActiveCheck, row: Row) -> str:
        check, counts = active_check.check, counts_of[row["classifier"]]
        assert isinstance(check, ClassifierCheck)
        details = [*check.explain(counts, evidence.expected_rows(counts.classifier))]
        if check.unit == "share" and counts.succeeded and counts.rows < config.min_rows:
            details.append(too_few(counts.rows, config.min_rows))
        examples = counts.examples.get(check.examples_of or check.id, ())
        return "; ".join([*details, f"for example {', '.join(examples)}"] if examples else details)

    return _by_row(active, frame, results, notes)


def _labels(
    evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator
) -> list[CheckResult]:
    """One result per check and classifier, from the frame with a row per label."""
    if not active or not evidence.changes:
        return []
    frame = frames.labels_frame(evidence.changes, active)
    validated = validator.validate("labels", frame, _expectations(active, config), index=("classifier", "label"))
    results = []
    for active_check in active:
        check = active_check.check
        assert isinstance(check, LabelCheck)
        failing, problem = _failing(active_check, validated)
        for classifier in dict.fromkeys(change.classifier for change in evidence.changes):
            changes = [change for change in evidence.changes if change.classifier == classifier]
            numbers = [number for number in map(check.observe, changes) if number is not None]
            results.append(
                active_check.result(
                    passed=classifier not in failing and problem is None,
                    observed=shown(max(numbers), check.unit) if numbers else "no history",
                    classifier=classifier,
                    notes=problem or "; ".join(check.explain(changes, active_check.limit, config.min_rows)),
                )
            )
    return results


def _run(evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator) -> list[CheckResult]:
    if not active:
        return []
    frame = frames.run_frame(evidence, active)
    results = validator.validate("run", frame, _expectations(active, config), index=("week",))

    def notes(active_check: ActiveCheck, row: Row) -> str:
        check = active_check.check
        assert isinstance(check, RunCheck)
        details = [*check.explain(evidence)]
        if check.unit == "share" and row["rows"] < config.min_rows:
            details.append(too_few(row["rows"], config.min_rows))
        return "; ".join(details)

    return _by_row(active, frame, results, notes)


def _expectations(active: Sequence[ActiveCheck], config: QualityConfig) -> list[Expectation]:
    return [expectation for check in active for expectation in check.expectations(config.min_rows)]


def _by_row(
    active: Sequence[ActiveCheck],
    frame: "pd.DataFrame",
    validated: Sequence[ExpectationResult],
    notes: Callable[[ActiveCheck, Row], str],
) -> list[CheckResult]:
    """One result per check and row of the frame. It passed where the row failed none of the check's expectations."""
    results = []
    for active_check in active:
        failing, problem = _failing(active_check, validated)
        for row in _records(frame):
            classifier = row.get("classifier")
            results.append(
                active_check.result(
                    passed=classifier not in failing and problem is None,
                    observed=shown(row[active_check.column], active_check.check.unit),
                    classifier=classifier,
                    notes=problem or notes(active_check, row),
                )
            )
    return results


def _failing(check: ActiveCheck, validated: Sequence[ExpectationResult]) -> tuple[set[str | None], str | None]:
    """Classifiers whose rows failed a check, and the error where an expectation could not be validated."""
    own = [result for result in validated if result.expectation.check == check.id]
    problem = next((result.problem for result in own if result.problem), None)
    return {row.get("classifier") for result in own for row in result.failing}, problem


def _records(frame: "pd.DataFrame") -> list[Row]:
    return [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]
