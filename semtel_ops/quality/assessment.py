"""From facts to results: builds the frames, has the suites judge them, and says what each check found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from semtel_ops.humanize import count, number, tally
from semtel_ops.quality import frames, suites
from semtel_ops.quality.checks import Check, CheckResult, shown
from semtel_ops.quality.counts import AllowedLabels, ClassifierCounts, ColumnFact, RowCounts
from semtel_ops.quality.drift import ShareChange, beyond
from semtel_ops.quality.gx import ExpectationResult, Validator
from semtel_ops.settings import QualityConfig

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_EXAMPLES = {
    "rows_unique": "duplicates",
    "status_known": "unknown_status",
    "label_known": "unknown_label",
    "non_success_share": "non_success",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the checks look at.

    Attributes:
        urls: landed files, in the order of the shards.
        columns: of `facts.column_facts`; where one does not match, `rows` is not looked at.
    """

    week: str
    urls: tuple[str, ...]
    allowed: tuple[AllowedLabels, ...]
    columns: tuple[ColumnFact, ...]
    rows: RowCounts
    changes: tuple[ShareChange, ...]
    counts: frames.RunCounts


def assess(evidence: Evidence, config: QualityConfig, validator: Validator) -> list[CheckResult]:
    """Run every check that is on; results come contract first, then by check and classifier.

    Files without the contract's columns cannot be counted: then the schema's result is the only one, and it stops.
    """
    results = [_schema(evidence, validator)]
    if not results[0].passed:
        return results
    results += [_row_values(evidence, validator)] if evidence.urls else []
    results += _classifiers(evidence, config, validator)
    results += _changes(evidence, config, validator)
    results += _run(evidence, config, validator)
    return results


def _schema(evidence: Evidence, validator: Validator) -> CheckResult:
    check = suites.SCHEMA
    if not evidence.columns:
        return _result(check, passed=True, observed="no files", notes="no rows have landed")
    answers = validator.validate("columns", frames.columns_frame(evidence.columns), suites.ask_columns())
    odd = [fact for fact in evidence.columns if not fact.matches]
    said = "; ".join(f"{fact.column} is {fact.found}, not {fact.expected}, in {fact.where}" for fact in odd[:5])
    notes = f"{said}; nothing else could be checked" if odd else ""
    passed = all(answer.passed for answer in answers)
    return _result(check, passed=passed, observed=_differences(len(odd)), notes=notes)


def _differences(differences: int) -> str:
    return count(differences, "difference") if differences else "none"


def _violations(rows: int) -> str:
    return f"violated by {count(rows, 'row')}"


def _row_values(evidence: Evidence, validator: Validator) -> CheckResult:
    frame = frames.rows_frame(evidence.urls)
    answers = validator.validate("rows", frame, suites.ask_rows(evidence.allowed))
    failed = [answer for answer in answers if not answer.passed]
    said = [f"{answer.ask.description}: {answer.problem or _violations(answer.unexpected)}" for answer in failed]
    looked_at = f"{number(len(frame))} of {count(evidence.rows.rows, 'row')} looked at"
    observed = f"{len(failed)} of {len(answers)} expectations failed" if failed else "none"
    return _result(suites.ROW_VALUES, passed=not failed, observed=observed, notes="; ".join([*said[:5], looked_at]))


def _classifiers(evidence: Evidence, config: QualityConfig, validator: Validator) -> list[CheckResult]:
    checks = suites.classifier_checks(config)
    names = [each.classifier for each in evidence.allowed]
    frame = frames.classifiers_frame(evidence.rows, evidence.counts.sampled, names)
    answers = validator.validate("classifiers", frame, suites.ask_classifiers(checks, config.min_rows), index=("classifier",))
    facts = {each.classifier: each for each in evidence.rows.classifiers}

    def notes(check: Check, row: Row) -> str:
        return _classifier_notes(check, row, facts[row["classifier"]], config.min_rows)

    return _fold(checks, frame, answers, notes)


def _classifier_notes(check: Check, row: Row, facts: ClassifierCounts, min_rows: int) -> str:
    said = []
    if check.id == "rows_complete" and row["missing_rows"]:
        said.append(f"{count(facts.conversations, 'conversation')} have rows, {number(row['expected_rows'])} were sampled")
    if check.id == "non_success_share":
        said += [tally(dict(sorted(facts.by_status.items(), key=lambda item: -item[1])))] if facts.by_status else []
    if check.unit == "share" and facts.succeeded and facts.rows < min_rows:
        said.append(_too_few(facts.rows, min_rows))
    examples = facts.examples.get(_EXAMPLES.get(check.id, ""), ())
    if examples:
        said.append(f"for example {', '.join(examples)}")
    return "; ".join(said)


def _changes(evidence: Evidence, config: QualityConfig, validator: Validator) -> list[CheckResult]:
    """One result a classifier, from the frame of its labels."""
    results: list[CheckResult] = []
    changes = evidence.changes
    for check in suites.change_checks(config) if changes else []:
        asks = suites.ask_labels(check, config.min_rows)
        answers = validator.validate("labels", frames.labels_frame(changes), asks, index=("classifier", "label"))
        failing = {row["classifier"] for answer in answers for row in answer.failing}
        problem = next((answer.problem for answer in answers if answer.problem), None)
        for classifier in dict.fromkeys(change.classifier for change in changes):
            mine = [change for change in changes if change.classifier == classifier]
            passed = classifier not in failing and problem is None
            notes = problem or _change_notes(mine, check.limit, config.min_rows)
            results.append(_result(check, passed=passed, observed=_largest(mine), classifier=classifier, notes=notes))
    return results


def _largest(changes: Sequence[ShareChange]) -> str:
    sizes = [abs(change.change) for change in changes if change.weeks]
    return shown(max(sizes), "share") if sizes else "no history"


def _change_notes(changes: Sequence[ShareChange], limit: float, min_rows: int) -> str:
    if not any(change.weeks for change in changes):
        return "no published week before this one to compare with"
    if changes[0].n < min_rows:
        return _too_few(changes[0].n, min_rows)
    said = [
        f"{change.label} {shown(change.before, 'share')} → {shown(change.share, 'share')}"
        for change in beyond(changes, limit, min_rows)
    ]
    if len(changes[0].versions) > 1:
        said.append(f"the classifier's versions in these weeks differ: {', '.join(changes[0].versions)}")
    return "; ".join(said)


def _run(evidence: Evidence, config: QualityConfig, validator: Validator) -> list[CheckResult]:
    checks = suites.run_checks(config)
    if not checks:
        return []
    frame = frames.run_frame(evidence.week, evidence.rows, evidence.counts)
    answers = validator.validate("run", frame, suites.ask_run(checks, config.min_rows), index=("week",))

    def notes(check: Check, row: Row) -> str:
        if check.id == "cost_per_conversation_usd" and evidence.counts.cost_usd is None:
            return "not judged: a model has no known price"
        if check.unit == "share" and row["rows"] < config.min_rows:
            return _too_few(row["rows"], config.min_rows)
        return ""

    return _fold(checks, frame, answers, notes)


def _fold(
    checks: Sequence[Check], frame: "pd.DataFrame", answers: Sequence[ExpectationResult], notes: Callable[[Check, Row], str]
) -> list[CheckResult]:
    """One result for each check and row of the frame; it passed where none of the check's expectations names the row."""
    results = []
    for check in checks:
        mine = [answer for answer in answers if answer.ask.check == check.id]
        failing = {row.get("classifier") for answer in mine for row in answer.failing}
        problem = next((answer.problem for answer in mine if answer.problem), None)
        for row in _records(frame):
            classifier = row.get("classifier")
            results.append(
                _result(
                    check,
                    passed=classifier not in failing and problem is None,
                    observed=shown(row[check.column], check.unit),
                    classifier=classifier,
                    notes=problem or notes(check, row),
                )
            )
    return results


def _records(frame: "pd.DataFrame") -> list[Row]:
    return [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]


def _result(check: Check, *, passed: bool, observed: str, classifier: str | None = None, notes: str = "") -> CheckResult:
    return CheckResult(check.id, check.description, passed, check.severity, observed, check.expected, classifier, notes)


def _too_few(rows: int, min_rows: int) -> str:
    return f"not judged: {count(rows, 'row')}, fewer than min_rows = {number(min_rows)}"
