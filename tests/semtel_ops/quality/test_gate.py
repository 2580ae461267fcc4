import pytest

from semtel_ops.quality.gate import GateOutcome, Verdict, decide, stop_message
from semtel_ops.quality.results import CheckResult
from semtel_ops.settings import Severity


def result(check="a", *, passed, severity=Severity.STOP, classifier=None, notes=""):
    return CheckResult(check, "d", passed, severity, "12.0%", "at most 5.0%", classifier, notes)


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [
        ([], GateOutcome.PASSED),
        ([Severity.WARN], GateOutcome.WARN),
        ([Severity.STOP], GateOutcome.STOP),
        ([Severity.WARN, Severity.STOP], GateOutcome.STOP),
        ([Severity.OFF], GateOutcome.PASSED),
    ],
)
def test_the_worst_failure_decides(failed, outcome):
    results = [result(passed=True), *(result(passed=False, severity=severity) for severity in failed)]
    assert decide(results).outcome is outcome


def test_reasons_name_what_stops_first_and_each_check_once():
    verdict = decide(
        [
            result("drift", passed=False, severity=Severity.WARN, classifier="topic"),
            result("rows", passed=False, classifier="topic", notes="for example c1"),
            result("rows", passed=False, classifier="work"),
        ]
    )
    assert verdict.failed == ("rows", "drift")
    assert verdict.reasons[0] == "rows (topic): 12.0%, expected at most 5.0%; for example c1"
    assert verdict.stopped


def test_a_week_that_nobody_looked_at_is_stopped():
    assert decide([]) == Verdict(GateOutcome.STOP, reasons=("no check was run",))
    assert "no check was run" in stop_message("2026-W47", [], "report.html")


def test_a_stop_says_which_checks_what_they_saw_and_what_to_do():
    many = [result("rows", passed=False, classifier=f"c{i}") for i in range(7)]
    message = stop_message("2026-W47", [*many, result("drift", passed=False, severity=Severity.WARN)], "lake/report.html")
    assert message.startswith("week 2026-W47 is not published: rows (c0): 12.0%, expected at most 5.0%; ")
    assert "and 2 more" in message
    assert "lake/report.html" in message
    assert "reprocess" in message
    assert "drift" not in message
