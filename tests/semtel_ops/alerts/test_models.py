"""Alerts about models: each is raised once for what happened, and says what to do next."""

import shlex
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from semtel_ops.alerts.build import Place
from semtel_ops.alerts.model import Alert
from semtel_ops.alerts.models import Moved, align_command, answers_moved, model_retires, served_model_moved
from semtel_ops.alerts.render import text
from semtel_ops.cli.align import align, compare
from semtel_ops.endpoints.retirement import Retirement
from semtel_ops.settings import AlertSeverity

AT = datetime(2026, 11, 28, 6, tzinfo=UTC)
PLACE = Place("docs/runbook.md", "https://airflow.example", "model_sentinels")
RETIREMENT = Retirement("gpt-4o-mini", "east", date(2027, 1, 14), 47, "models.yaml", "gpt-6-luna")
COMMAND = align_command(["chats/"], "east", "NEW", ["topic", "user intent"], endpoints="my endpoints.yaml")


def retires(candidate: str | None = None, **changes: object) -> Alert:
    return model_retires(
        replace(RETIREMENT, **changes),  # type: ignore[arg-type]
        candidate=candidate, classifiers=["topic", "tone"], align=COMMAND, place=PLACE, at=AT,
    )  # fmt: skip


def test_the_command_can_be_pasted_and_begins_as_a_dry_run() -> None:
    assert COMMAND == (
        "semtel align chats/ --incumbent east --candidate NEW --classifiers 'topic,user intent' --endpoints 'my endpoints.yaml' "
        "--dry-run"
    )


def test_the_command_has_the_options_of_the_command_line() -> None:
    for inputs, classifiers in ((["chats/", "more.jsonl"], ["topic", "tone"]), ([], [])):
        words = shlex.split(align_command(inputs, "east", "west", classifiers))[2:]
        with align.make_context("align", words, resilient_parsing=False) as context:
            given = compare.make_context("compare", context.args, parent=context).params
        assert given["inputs"] == tuple(inputs or ["INPUT"])
        assert (given["incumbent"], given["candidate"], given["dry_run"]) == ("east", ("west",), True)
        assert given["classifiers"] == (tuple(classifiers) or None)


def test_a_retirement_says_when_by_whom_and_what_to_do() -> None:
    alert = retires()
    assert alert.what == "endpoint east stops serving gpt-4o-mini in 47 days, on 2027-01-14 (by models.yaml)"
    assert alert.findings == (
        "recommended instead: gpt-6-luna",
        "first add an endpoint that asks gpt-6-luna to endpoints.yaml; in the next line it is called NEW",
        f"compare the two before you change the model: {COMMAND}",
        "the same as a form: https://airflow.example/semtel-align/?incumbent=east&classifiers=topic%2Ctone&dry_run=true",
    )
    there_already = retires("west").findings
    assert len(there_already) == 3
    assert "incumbent=east&candidates=west&" in there_already[-1]
    assert alert.links.runbook == "docs/runbook.md#model-retires"
    assert alert.links.run is None
    assert COMMAND in text(alert)


@pytest.mark.parametrize(
    ("days", "key", "severity", "said"),
    [
        (90, "90", AlertSeverity.WARNING, "stops serving gpt-4o-mini in 90 days"),
        (30, "30", AlertSeverity.WARNING, "in 30 days"),
        (7, "7", AlertSeverity.CRITICAL, "in 7 days"),
        (1, "7", AlertSeverity.CRITICAL, "in 1 day,"),
        (0, "7", AlertSeverity.CRITICAL, "stops serving gpt-4o-mini today"),
        (-3, "7", AlertSeverity.CRITICAL, "no longer serves gpt-4o-mini since 2027-01-14"),
    ],
)
def test_each_notice_has_a_key_of_its_own(days: int, key: str, severity: AlertSeverity, said: str) -> None:
    alert = retires(days_left=days)
    assert (alert.key, alert.severity) == (f"model_retires:east:gpt-4o-mini:{key}", severity)
    assert said in alert.what


def test_another_served_model_is_named_beside_the_one_before() -> None:
    alert = served_model_moved("east", "luna", "luna-1", "luna-2", run_id="r", place=PLACE, at=AT)
    assert alert.key == "model_moved:east:luna-2"
    assert alert.what == "endpoint east is asked for luna and answers as luna-2 since today; until then it answered as luna-1"


def test_moved_answers_are_numbers_and_ids_and_never_text() -> None:
    moved = Moved("east", "luna", "topic", flips=12, n=100, p0=0.04, e_value=37.1, examples=["c1", "c2", "c3", "c4"])
    alert = answers_moved(moved, run_id="r", place=PLACE, at=AT)
    assert alert.key == "model_moved:east:topic"
    assert alert.what == (
        "answers of topic at endpoint east (luna) have moved: today 12 of 100 sentinels differ from their label of reference, "
        "and an unchanged labeller differs in at most 4.0%"
    )
    assert alert.findings == ("evidence for a change since the baseline: 37.1 times as likely as without one",)
    assert (alert.worst, alert.examples) == ("topic", ("c1", "c2", "c3"))
