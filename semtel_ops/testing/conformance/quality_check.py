"""Conformance tests of quality checks."""

import json
from pathlib import Path

from semtel_ops.quality import AllowedLabels, CheckResult, Evidence, assess
from semtel_ops.quality.checks import ActiveCheck, Check, ClassifierCheck
from semtel_ops.quality.drift import ShareChange
from semtel_ops.quality.gx import Validator
from semtel_ops.settings import QualityConfig, Severity
from semtel_ops.store.layout import Lake
from semtel_ops.testing.evidence import make_evidence
from semtel_ops.testing.landed import DEFAULT_LABELS, make_landed_rows

LABELS = {name: DEFAULT_LABELS[name] for name in ("topic", "knowledge_work")}
ALLOWED = tuple(AllowedLabels(name, tuple(labels)) for name, labels in LABELS.items())


class QualityCheckSuite:
    """Fixtures: `check`; `spoiled`, evidence with which it fails at its default limit; `tmp_path`, pytest's own."""

    def test_a_check_has_a_description_and_a_limit(self, check: Check) -> None:
        assert check.id
        assert check.description.endswith(".")
        assert check.unit in {"share", "rows", "classifiers", "usd"}
        assert check.default.limit is not None or check.default.severity is Severity.OFF

    def test_a_sound_week_passes(self, check: Check, tmp_path: Path) -> None:
        results = judge(check, sound_evidence(check, tmp_path), tmp_path)
        assert results
        assert [result.name for result in results if not result.passed] == []

    def test_a_spoiled_week_fails_with_the_severity_of_the_policy(
        self, check: Check, spoiled: Evidence, tmp_path: Path
    ) -> None:
        failed = [result for result in judge(check, spoiled, tmp_path) if not result.passed]
        assert failed
        for result in failed:
            assert (result.id, result.severity) == (check.id, check.default.severity)
            assert result.observed != result.expected
            assert json.loads(json.dumps(result.as_dict()))["id"] == check.id

    def test_a_week_without_rows_is_no_error(self, check: Check, tmp_path: Path) -> None:
        empty = make_evidence(Lake(str(tmp_path / "lake")), [], ALLOWED, urls=[])
        assert all(isinstance(result, CheckResult) for result in judge(check, empty, tmp_path))


def sound_evidence(check: Check, folder: Path) -> Evidence:
    """A hundred conversations with labels of every classifier, and the same shares as in the weeks before."""
    rows = make_landed_rows(conversations=100, success=1.0, labels=LABELS)
    steady = [ShareChange("topic", label, 100, 0.2, 0.2, is_real=False, weeks=2) for label in LABELS["topic"]]
    return make_evidence(Lake(str(folder / "lake")), rows, ALLOWED, changes=steady, conditions=conditions(check))


def conditions(check: Check) -> dict[str, str]:
    """The conditions that must be counted for a check."""
    return {check.id: check.rows_where} if isinstance(check, ClassifierCheck) and check.rows_where else {}


def judge(check: Check, evidence: Evidence, folder: Path) -> list[CheckResult]:
    """The results of a check at its default limit, from Great Expectations."""
    assert check.default.limit is not None
    active = ActiveCheck(check, check.default.severity, check.default.limit, check.describe(QualityConfig()))
    docs = folder / "docs"
    docs.mkdir(exist_ok=True)
    results = assess(evidence, QualityConfig(), Validator("suite", str(docs)), [active])
    return [result for result in results if result.id == check.id]
