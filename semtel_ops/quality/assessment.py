"""From evidence to results: builds the frames, has Great Expectations judge them, and says what each check found."""

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
    """Run every check that is on; results come contract first, then by check and classifier.

    Files without the contract's columns cannot be counted: then the schema's result is the only one, and it stops.

    Args:
        active: the checks to run, beside those of the schema and of row values; None: those that `config` turns on.
    """
    results = [_schema(evidence, validator)]
    if not results[0].passed:
        return results
    results += [_row_values(evidence, validator)] if evidence.urls else []
    active = active_checks(config) if active is None else active
    results += _classifiers(evidence, [one for one in active if isinstance(one.check, ClassifierCheck)], config, validator)
    results += _labels(evidence, [one for one in active if isinstance(one.check, LabelCheck)], config, validator)
    results += _run(evidence, [one for one in active if isinstance(one.check, RunCheck)], config, validator)
    return results


def _schema(evidence: Evidence, validator: Validator) -> CheckResult:
    if not evidence.columns:
        return suites.frame_result(suites.SCHEMA, passed=True, observed="no files", notes="no rows have landed")
    answers = validator.validate("columns", frames.columns_frame(evidence.columns), suites.ask_columns())
    odd = [fact for fact in evidence.columns if not fact.matches]
    said = "; ".join(f"{fact.column} is {fact.found}, not {fact.expected}, in {fact.where}" for fact in odd[:5])
    notes = f"{said}; nothing else could be checked" if odd else ""
    passed = all(answer.passed for answer in answers)
    return suites.frame_result(suites.SCHEMA, passed=passed, observed=_differences(len(odd)), notes=notes)


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
    return suites.frame_result(suites.ROW_VALUES, passed=not failed, observed=observed, notes="; ".join([*said[:5], looked_at]))


def _classifiers(
    evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator
) -> list[CheckResult]:
    frame = frames.classifiers_frame(evidence, active)
    answers = validator.validate("classifiers", frame, _asks(active, config), index=("classifier",))
    counts = {each.classifier: each for each in evidence.rows.classifiers}

    def notes(one: ActiveCheck, row: Row) -> str:
        check, mine = one.check, counts[row["classifier"]]
        assert isinstance(check, ClassifierCheck)
        said = [*check.explain(mine, evidence.expected_rows(mine.classifier))]
        if check.unit == "share" and mine.succeeded and mine.rows < config.min_rows:
            said.append(too_few(mine.rows, config.min_rows))
        examples = mine.examples.get(check.examples_of or check.id, ())
        return "; ".join([*said, f"for example {', '.join(examples)}"] if examples else said)

    return _fold(active, frame, answers, notes)


def _labels(
    evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator
) -> list[CheckResult]:
    """One result a classifier, from the frame of its labels."""
    if not active or not evidence.changes:
        return []
    frame = frames.labels_frame(evidence.changes, active)
    answers = validator.validate("labels", frame, _asks(active, config), index=("classifier", "label"))
    results = []
    for one in active:
        assert isinstance(one.check, LabelCheck)
        failing, problem = _failing(one, answers)
        for classifier in dict.fromkeys(change.classifier for change in evidence.changes):
            mine = [change for change in evidence.changes if change.classifier == classifier]
            numbers = [number for number in map(one.check.observe, mine) if number is not None]
            results.append(
                one.result(
                    passed=classifier not in failing and problem is None,
                    observed=shown(max(numbers), one.check.unit) if numbers else "no history",
                    classifier=classifier,
                    notes=problem or "; ".join(one.check.explain(mine, one.limit, config.min_rows)),
                )
            )
    return results


def _run(evidence: Evidence, active: Sequence[ActiveCheck], config: QualityConfig, validator: Validator) -> list[CheckResult]:
    if not active:
        return []
    frame = frames.run_frame(evidence, active)
    answers = validator.validate("run", frame, _asks(active, config), index=("week",))

    def notes(one: ActiveCheck, row: Row) -> str:
        assert isinstance(one.check, RunCheck)
        said = [*one.check.explain(evidence)]
        if one.check.unit == "share" and row["rows"] < config.min_rows:
            said.append(too_few(row["rows"], config.min_rows))
        return "; ".join(said)

    return _fold(active, frame, answers, notes)


def _asks(active: Sequence[ActiveCheck], config: QualityConfig) -> list[Expectation]:
    return [ask for one in active for ask in one.expectations(config.min_rows)]


def _fold(
    active: Sequence[ActiveCheck],
    frame: "pd.DataFrame",
    answers: Sequence[ExpectationResult],
    notes: Callable[[ActiveCheck, Row], str],
) -> list[CheckResult]:
    """One result for each check and row of the frame; it passed where none of the check's expectations names the row."""
    results = []
    for one in active:
        failing, problem = _failing(one, answers)
        for row in _records(frame):
            classifier = row.get("classifier")
            results.append(
                one.result(
                    passed=classifier not in failing and problem is None,
                    observed=shown(row[one.column], one.check.unit),
                    classifier=classifier,
                    notes=problem or notes(one, row),
                )
            )
    return results


def _failing(one: ActiveCheck, answers: Sequence[ExpectationResult]) -> tuple[set[str | None], str | None]:
    """Classifiers that a check's expectations name, and what kept one from being asked."""
    mine = [answer for answer in answers if answer.ask.check == one.id]
    return {row.get("classifier") for answer in mine for row in answer.failing}, next(
        (answer.problem for answer in mine if answer.problem), None
    )


def _records(frame: "pd.DataFrame") -> list[Row]:
    return [{str(column): value for column, value in row.items()} for row in frame.to_dict("records")]
