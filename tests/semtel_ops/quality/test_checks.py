import math

import pytest

from semtel_ops.quality.checks import ActiveCheck
from semtel_ops.quality.checks.contract import RowsUnique
from semtel_ops.quality.checks.non_success_share import NonSuccessShare
from semtel_ops.quality.results import CheckResult, shown
from semtel_ops.settings import Severity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.125, "share", "12.5%"),
        (1234, "rows", "1,234 rows"),
        (1, "rows", "1 row"),
        (0, "rows", "none"),
        (0.00213, "usd", "$0.0021"),
        (None, "usd", "unknown"),
        (math.nan, "share", "unknown"),
    ],
)
def test_values_are_written_for_people(value, unit, text):
    assert shown(value, unit) == text


def test_a_bound_is_written_with_its_unit():
    assert ActiveCheck(NonSuccessShare(), Severity.WARN, 0.05, "").expected == "at most 5.0%"
    assert ActiveCheck(RowsUnique(), Severity.WARN, 0.0, "").expected == "none"


def test_a_result_is_named_with_its_classifier_and_is_json():
    result = CheckResult("rows_unique", "d", False, Severity.STOP, "1 row", "none", "topic", "for example c1")
    assert result.name == "rows_unique (topic)"
    assert result.as_dict() == {
        "id": "rows_unique", "description": "d", "passed": False, "severity": "stop", "observed": "1 row",
        "expected": "none", "classifier": "topic", "notes": "for example c1",
    }  # fmt: skip
