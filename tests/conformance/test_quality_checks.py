from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.extensions import QUALITY_CHECKS
from semtel_ops.quality import Evidence
from semtel_ops.quality.checks import Check, check_named
from semtel_ops.quality.checks.contract import CONTRACT
from semtel_ops.quality.drift import LabellerChange, ShareChange
from semtel_ops.store.layout import Lake
from semtel_ops.testing.conformance.quality_check import ALLOWED, LABELS, QualityCheckSuite
from semtel_ops.testing.evidence import make_evidence
from semtel_ops.testing.landed import make_landed_rows

Rows = list[dict[str, Any]]


def _topics(**fields: Any) -> Callable[[Rows], Rows]:
    """Rows of one classifier, changed."""
    return lambda rows: [row | fields if row["classifier"] == "topic" else row for row in rows]


SPOILED: dict[str, tuple[Callable[[Rows], Rows], dict[str, Any]]] = {
    "rows_complete": (lambda rows: rows[:-1], {}),
    "rows_unique": (lambda rows: [*rows, dict(rows[0])], {}),
    "status_known": (_topics(status="fine"), {}),
    "label_known": (_topics(label="yes"), {}),
    "non_success_share": (_topics(status="error", label=None), {}),
    "constant_output_share": (_topics(label="health"), {}),
    "labeller_change": (list, {"labellers": [LabellerChange("topic", "the labeller changed from a to b", known=False)]}),
    "label_share_change": (list, {"changes": [ShareChange("topic", "health", 100, 0.6, 0.2, is_real=True, weeks=2)]}),
    "truncated_share": (_topics(truncated_tokens=10), {}),
    "quarantined_share": (list, {"quarantined": 500}),
    "cost_per_conversation_usd": (list, {"cost_usd": 50.0}),
}
"""Check → what is done to a sound week's rows, and what else differs."""


class TestEveryCheck(QualityCheckSuite):
    @pytest.fixture(params=[*(check.id for check in CONTRACT), *QUALITY_CHECKS.names()])
    def check(self, request: pytest.FixtureRequest) -> Check:
        contract = {check.id: check for check in CONTRACT}
        return contract.get(request.param) or check_named(request.param)

    @pytest.fixture
    def spoiled(self, check: Check, tmp_path: Path) -> Evidence:
        if check.id not in SPOILED:
            pytest.skip("a test of its own says when it fails")
        spoil, differs = SPOILED[check.id]
        rows = spoil(make_landed_rows(conversations=100, success=1.0, truncated=0.0, labels=LABELS))
        return make_evidence(Lake(str(tmp_path / "spoiled")), rows, ALLOWED, **differs)


@pytest.mark.parametrize("name", QUALITY_CHECKS.names())
def test_a_check_is_registered_under_its_id(name: str) -> None:
    assert check_named(name).id == name
