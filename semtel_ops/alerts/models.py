"""Builds alerts about models: one that retires, one that answers under another name, one whose answers have moved. Pure.

They belong to no week. Each has a key of its own for what happened, so that it is raised once however often it is seen.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from semtel_ops.alerts.build import Place
from semtel_ops.alerts.model import MAX_EXAMPLES, Alert, Links
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.endpoints.retirement import Retirement
from semtel_ops.humanize import count, percent, quantity
from semtel_ops.report.links import align_link
from semtel_ops.settings import AlertKind, AlertSeverity

MODELS_RUN = "models"
"""The run id of alerts about models: they belong to no run."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What the sentinels of a classifier showed.

    Attributes:
        flips: answers of the day that differ from the label of reference, of `n`.
        p0: largest share of flips of a labeller that has not changed.
        e_value: evidence for a change.
        examples: ids of conversations whose label differs.
    """

    endpoint: str
    model: str
    classifier: str
    flips: int
    n: int
    p0: float
    e_value: float
    examples: Sequence[str] = ()


def align_command(
    inputs: Sequence[str], incumbent: str, candidate: str, classifiers: Sequence[str], *, endpoints: str | None = None
) -> str:
    """The command that compares two entries of endpoints.yaml, with its options filled in; as a dry run, which asks nothing.

    Args:
        inputs: files of conversations; none: INPUT stands for them.
        endpoints: path of endpoints.yaml, where it is not that of the environment.
    """
    words = ["semtel", "align", *(inputs or ("INPUT",)), "--incumbent", incumbent, "--candidate", candidate]
    words += ["--classifiers", ",".join(classifiers)] if classifiers else []
    words += ["--endpoints", endpoints] if endpoints else []
    return shlex.join([*words, "--dry-run"])


def model_retires(
    retirement: Retirement, *, candidate: str | None, classifiers: Sequence[str], align: str, place: Place, at: datetime
) -> Alert:
    """A model's last day is 90, 30 or 7 days away, or over.

    Args:
        candidate: endpoint of endpoints.yaml that already asks the recommended successor; None if none does.
        classifiers: that are compared.
        align: the command that compares it.
    """
    days, notice = retirement.days_left, retirement.notice_days
    when = f"in {count(days, 'day')}, on {retirement.date}" if days > 0 else f"since {retirement.date}" if days < 0 else "today"
    verb = "stops serving" if days >= 0 else "no longer serves"
    what = f"endpoint {retirement.endpoint} {verb} {retirement.model} {when} (by {_says(retirement)})"
    findings = [f"recommended instead: {retirement.successor}"] if retirement.successor else []
    if candidate is None:
        wanted = retirement.successor or "its successor"
        findings.append(f"first add an endpoint that asks {wanted} to endpoints.yaml; in the next line it is called NEW")
    findings.append(f"compare the two before you change the model: {align}")
    if place.airflow_url is not None:
        form = {"incumbent": retirement.endpoint, "candidates": candidate, "classifiers": classifiers, "dry_run": True}
        findings.append(f"the same as a form: {align_link(place.airflow_url, form)}")
    return Alert(
        key=f"{AlertKind.MODEL_RETIRES.value}:{retirement.endpoint}:{retirement.model}:{notice}"[:250],
        kind=AlertKind.MODEL_RETIRES,
        severity=AlertSeverity.CRITICAL if days <= 7 else AlertSeverity.WARNING,
        week="",
        run_id=MODELS_RUN,
        what=what,
        links=_links(place, AlertKind.MODEL_RETIRES),
        raised_at=at,
        findings=tuple(findings),
    )


def served_model_moved(endpoint: str, model: str, before: str, now: str, *, run_id: str, place: Place, at: datetime) -> Alert:
    """Another model answers under the name that is asked for. `run_id`: names the baseline that it was seen against."""
    what = f"endpoint {endpoint} is asked for {model} and answers as {now} since today; until then it answered as {before}"
    return _moved(f"{endpoint}:{now}", what, run_id, place, at)


def answers_moved(moved: Moved, *, run_id: str, place: Place, at: datetime) -> Alert:
    """The answers about the fixed rows differ more than those of the same labeller do. `run_id`: as in `served_model_moved`."""
    what = (
        f"answers of {moved.classifier} at endpoint {moved.endpoint} ({moved.model}) have moved: today {moved.flips} of "
        f"{count(moved.n, 'sentinel')} differ from their label of reference, and an unchanged labeller differs in at most "
        f"{percent(moved.p0)}"
    )
    finding = f"evidence for a change since the baseline: {quantity(moved.e_value)} times as likely as without one"
    return _moved(
        f"{moved.endpoint}:{moved.classifier}", what, run_id, place, at, findings=(finding,), worst=moved.classifier,
        examples=tuple(map(shown_id, moved.examples[:MAX_EXAMPLES])),
    )  # fmt: skip


def _moved(
    of: str,
    what: str,
    run_id: str,
    place: Place,
    at: datetime,
    *,
    findings: tuple[str, ...] = (),
    worst: str | None = None,
    examples: tuple[str, ...] = (),
) -> Alert:
    return Alert(
        key=f"{AlertKind.MODEL_MOVED.value}:{of}"[:250],
        kind=AlertKind.MODEL_MOVED,
        severity=AlertSeverity.CRITICAL,
        week="",
        run_id=run_id,
        what=what,
        links=_links(place, AlertKind.MODEL_MOVED),
        raised_at=at,
        findings=findings,
        worst=worst,
        examples=examples,
    )


def _links(place: Place, kind: AlertKind) -> Links:
    return replace(place.links(kind, "", MODELS_RUN), run=None)  # there is no DAG run of this name


def _says(retirement: Retirement) -> str:
    return "its own list of models" if retirement.source == "endpoint" else "models.yaml"
