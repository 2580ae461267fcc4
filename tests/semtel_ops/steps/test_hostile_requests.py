"""Hostile text in every field of every form: it is refused in one line, or it is a name like another; nothing else happens."""

from typing import Any

import pytest

from semtel_ops.errors import SemtelError
from semtel_ops.steps.erasure_request import count_erasure
from semtel_ops.steps.experiment_plan import ExperimentRequest, plan_experiment
from semtel_ops.steps.plan import RunRequest, plan_run
from semtel_ops.steps.reprocess import plan_reprocess
from semtel_ops.steps.reprocess_request import ReprocessRequest
from tests.support.shards import WEEK

ATTACKS = (
    "\"'><script>alert(1)</script>{{7*7}}${7*7}=cmd|' /C calc'!A0",
    "\u202egnp.exe\x1b[31m\x1b]0;x\x07",
    "../../../../etc/hostname",
    "a\x00b",
    "a\r\nSet-Cookie: x=1",
    "unknown://a/b",
    "s3://[a",
    "half of a pair \ud800",
    "x" * 100_000,
)
FORMS: dict[str, list[str]] = {
    "weekly": [*RunRequest.model_fields, ATTACKS[1]],
    "reprocess": [*ReprocessRequest.model_fields, ATTACKS[1]],
    "experiment": [*ExperimentRequest.model_fields, ATTACKS[1]],
    "forget": ["ids_file"],
}


def ask(form: str, request: dict[str, Any], attack: str, installation: Any) -> None:
    settings, folder = installation.settings, installation.folder
    match form:
        case "weekly":
            plan_run({"week": WEEK, **request}, run_id=attack, settings=settings)
        case "reprocess":
            needs = {"status": "status", "label": "label", "ids_file": "ids"}
            rows = next((rows for name, rows in needs.items() if name in request), "all")
            asked = {"week": WEEK, "reason": "half were refused", "rows": rows, **request}
            plan_reprocess(asked, run_id=attack, requested_by=attack, settings=settings)
        case "experiment":
            asked = {"week": WEEK, "dry_run": True, **request}
            plan_experiment(asked, experiment_id=attack, out=f"{folder}/experiment", settings=settings)
        case _:
            count_erasure(request["ids_file"], approval=True, dry_run=True, settings=settings)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: ascii(attack)[:20])
@pytest.mark.parametrize("form", FORMS)
def test_a_field_is_refused_in_one_line_or_does_no_harm(installation: Any, form: str, attack: str) -> None:
    own = {path.name for path in installation.folder.iterdir()}
    refused = 0
    for field in FORMS[form]:
        value: Any = {"classifiers": (attack,), "config": {"grid": {"models": [attack]}}}.get(field, attack)
        try:
            ask(form, {field: value}, attack, installation)
        except SemtelError as error:
            message = str(error)
            assert message.isprintable(), field
            assert len(message) < 2_000, field
            refused += 1
    assert refused >= len(FORMS[form]) // 2
    made = {path.name for path in installation.folder.iterdir()} - own
    assert made <= {"lake", "experiment", "ledger.db", "ledger.db-shm", "ledger.db-wal"}
