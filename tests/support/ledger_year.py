"""A year of weeks in a ledger: plausible runs, shares, slices, checks and batch jobs, from a seed; no files, no text."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from semtel_ops.alerts.model import Alert, Links
from semtel_ops.conversations.weeks import Week
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.report.classifier_info import ClassifierInfo, load_classifier_info
from semtel_ops.settings import DEFAULT_CLASSIFIERS, AlertKind, AlertSeverity
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.alert_ledger import RESOLVED, AlertLedger, AlertRow
from semtel_ops.store.ledger import Ledger
from tests.support.year_of_labellers import write_labellers

CLASSIFIERS = DEFAULT_CLASSIFIERS
LAST_WEEK = "2026-W46"
CHECKS = {
    "one_row_per_member": "Every (conversation, classifier) has exactly one row.",
    "non_success_share": "Rows that did not succeed.",
    "label_share_change": "A label's share against the last weeks.",
    "constant_output_share": "The most frequent label's share.",
    "truncated_share": "Conversations that were cut.",
    "quarantined_share": "Records set aside when the source was read.",
    "cost_per_conversation_usd": "What a conversation cost.",
}
SHARDS = 12


def write_year(
    ledger: Ledger,
    *,
    weeks: int = 52,
    last: str = LAST_WEEK,
    prompts: str | Path = "include/prompts",
    conversations: int = 4_000,
    seed: int = 7,
) -> list[str]:
    """Write `weeks` published weeks that end with `last`, and return them, oldest first.

    The tenth week before the last was stopped by the gate, alerted and reprocessed; the last run has open batch jobs.
    """
    end = Week.parse(last)
    names = [str(end.previous(back)) for back in range(weeks - 1, -1, -1)]
    infos = load_classifier_info(prompts, CLASSIFIERS)
    chance = random.Random(seed)
    for at, week in enumerate(names):
        again = at == weeks - 10
        if again:
            _write_run(ledger, week, chance, conversations, stopped=True)
        _write_run(ledger, week, chance, conversations, again=again)
        _write_shares(ledger, week, at, infos, chance, conversations)
    _write_batches(ledger, names[-1], chance)
    write_labellers(ledger, names, [run_of(week) for week in names], infos, conversations)
    return names


def run_of(week: str) -> str:
    """The published run of a week of `write_year`."""
    monday = Week.parse(week).end
    return f"scheduled__{monday:%Y-%m-%dT03:00:00+00:00}"


def stopped_run_of(week: str) -> str:
    """The run that the gate stopped, in the one week that has it."""
    return f"manual__{Week.parse(week).end + timedelta(hours=1):%Y-%m-%dT%H:%M:%S+00:00}"


def _write_run(
    ledger: Ledger, week: str, chance: random.Random, conversations: int, *, stopped: bool = False, again: bool = False
) -> None:
    start = Week.parse(week).end + timedelta(hours=1 if stopped else 3)
    run_id = stopped_run_of(week) if stopped else run_of(week)
    rows = conversations * len(CLASSIFIERS)
    good = round(rows * (0.91 if stopped else chance.uniform(0.985, 0.999)))
    seconds = chance.uniform(1_100, 1_900)
    tokens = round(rows * chance.uniform(900, 1_100))
    with ledger.write() as connection:
        connection.execute(
            insert(tables.run),
            {
                "week": week,
                "run_id": run_id,
                "state": "stopped" if stopped else "published",
                "kind": "reprocess" if again else "weekly",
                "base_run": stopped_run_of(week) if again else None,
                "requested_by": "admin" if again else None,
                "reason": "the endpoint refused half of the topics" if again else None,
                "approved_by": "admin" if again else None,
                "started_at": start,
                "finished_at": start + timedelta(seconds=seconds + 240),
                "config_fingerprint": "5e1f",
                "sampled": conversations,
                "landed": rows,
                "succeeded": good,
                "requests": rows,
                "reused": rows // 20,
                "input_tokens": tokens,
                "output_tokens": rows * 18,
                "cost_usd": tokens * 0.15e-6 * 0.8,
                "seconds": seconds,
                "verdict": "stop" if stopped else "passed",
                "simulated": False,
                "message": "the quality gate stopped it: non success share" if stopped else None,
            },
        )
        connection.execute(insert(tables.shard_pace), list(_paces(week, run_id, chance, start)))
        connection.execute(insert(tables.lane_choice), list(_lanes(week, run_id, start)))
        connection.execute(insert(tables.lane_record), list(_lane_records(week, run_id, conversations, start)))
        connection.execute(insert(tables.quality_result), list(_quality(week, run_id, chance, start, stopped=stopped)))
    if stopped:
        _write_alert(ledger, week, start + timedelta(minutes=25))


def _write_alert(ledger: Ledger, week: str, at: datetime) -> None:
    alert = Alert(
        key="gate_stopped",
        kind=AlertKind.GATE_STOPPED,
        severity=AlertSeverity.CRITICAL,
        week=week,
        run_id=stopped_run_of(week),
        what=f"Week {week} is not published: the quality gate stopped its run",
        links=Links(runbook="docs/runbook.md#gate-stopped"),
        raised_at=at,
        findings=("Non success share, topic: 0.31, expected at most 0.05",),
        examples=("c0017", "c0241"),
    )
    row = AlertRow(
        week, alert.run_id, alert.key, alert.kind, alert.severity, alert.what, alert.to_json(), at, at + timedelta(hours=4),
        RESOLVED, at + timedelta(hours=4), "the week was published",
    )  # fmt: skip
    AlertLedger(ledger).raise_all([row])


def _paces(week: str, run_id: str, chance: random.Random, start: datetime) -> Iterator[dict[str, Any]]:
    began = start.timestamp() + 240
    for shard in range(SHARDS):
        seconds = chance.uniform(60, 150) * (2.2 if shard == 7 else 1)
        yield {
            "week": week,
            "run_id": run_id,
            "shard": shard,
            "endpoints": "east, west",
            "requests": 2_333,
            "tokens": 2_342_000,
            "began_at": began,
            "ended_at": began + seconds,
        }


def _lane(shard: int) -> str:
    return "batch" if shard % 3 == 0 else "realtime"


def _lanes(week: str, run_id: str, start: datetime) -> Iterator[dict[str, Any]]:
    for shard in range(SHARDS):
        batch, late = _lane(shard) == "batch", shard == 9
        reason = "batch saves $0.31 and lands before the deadline" if batch else "asked now: a batch would land too late"
        yield {
            "week": week,
            "run_id": run_id,
            "shard": shard,
            "lane": _lane(shard),
            "reason": reason,
            "decided_at": start,
            "due_at": start + timedelta(hours=20 if batch else 1),
            "rescue_at": start + timedelta(hours=22) if batch else None,
            "requests": 2_333,
            "input_tokens": 2_300_000,
            "output_tokens": 42_000,
            "rescued_at": start + timedelta(hours=22) if late else None,
            "rescue_reason": "the batch would have missed the deadline" if late else None,
        }


def _lane_records(week: str, run_id: str, conversations: int, start: datetime) -> Iterator[dict[str, Any]]:
    for lane in ("batch", "realtime"):
        shards = sum(_lane(shard) == lane for shard in range(SHARDS))
        rows = shards * conversations * len(CLASSIFIERS) // SHARDS
        yield {
            "week": week,
            "run_id": run_id,
            "lane": lane,
            "endpoints": "east, west",
            "rows": rows,
            "requests": rows,
            "tokens": 1_004 * rows,
            "seconds": 14_200.0 if lane == "batch" else 1_240.0,
            "cost_usd": 0.3 * shards,
            "saved_usd": 0.3 * shards if lane == "batch" else 0.0,
            "measured_at": start + timedelta(hours=5),
        }


def _quality(week: str, run_id: str, chance: random.Random, start: datetime, *, stopped: bool) -> Iterator[dict[str, Any]]:
    for check, description in CHECKS.items():
        whole = check in {"one_row_per_member", "truncated_share", "quarantined_share", "cost_per_conversation_usd"}
        for classifier in ("",) if whole else CLASSIFIERS:
            broken = stopped and check == "non_success_share" and classifier in {"topic", "user_intent"}
            warned = check == "label_share_change" and chance.random() < 0.02
            yield {
                "week": week,
                "run_id": run_id,
                "check_id": check,
                "classifier": classifier,
                "passed": not (broken or warned),
                "severity": "stop" if check in {"one_row_per_member", "non_success_share"} else "warn",
                "description": description,
                "observed": "0.31" if broken else "0.19" if warned else "0.004",
                "expected": "at most 0.05" if check == "non_success_share" else "at most 0.15",
                "notes": "other +19.0 points" if warned else "",
                "checked_at": start + timedelta(minutes=25),
            }


def _write_shares(
    ledger: Ledger, week: str, at: int, infos: Sequence[ClassifierInfo], chance: random.Random, conversations: int
) -> None:
    shares: list[dict[str, Any]] = []
    for info in infos:
        counts = _counts(info, at, chance, conversations)
        shares += (_share(week, info.id, "label", label, n, conversations) for label, n in counts.items())
        groups: dict[str, int] = {}
        for label, n in counts.items():
            if label in info.groups:
                groups[info.groups[label]] = groups.get(info.groups[label], 0) + n
        shares += (_share(week, info.id, "group", group, n, conversations) for group, n in groups.items())
    slices = [
        {**_share(week, "satisfaction", "", label, n, total), "by_classifier": by.id, "by_label": value}
        for by in infos
        if by.id in {"user_expertise", "topic"}
        for value, total in _counts(by, at, chance, conversations).items()
        for label, n in _counts(next(info for info in infos if info.id == "satisfaction"), at, chance, total).items()
    ]
    for one in slices:
        del one["level"], one["classifier_version"]
    with ledger.write() as connection:
        connection.execute(insert(tables.weekly_share), shares)
        connection.execute(insert(tables.weekly_slice), slices)


def _counts(info: ClassifierInfo, at: int, chance: random.Random, total: int) -> dict[str, int]:
    """Labels of `total` conversations; frequencies drift a little over the year."""
    labels = list(info.names)
    weights = [
        (1 / (1 + 0.55 * place)) * (1 + 0.22 * math.sin(at / 8 + place)) * chance.uniform(0.93, 1.07)
        for place in range(len(labels))
    ]
    drawn = {label: round(total * weight / sum(weights)) for label, weight in zip(labels, weights, strict=True)}
    drawn[labels[0]] += total - sum(drawn.values())
    return drawn


def _share(week: str, classifier: str, level: str, label: str, n: int, total: int) -> dict[str, Any]:
    share = asdict(share_of(float(n), float(total), float(total), total))
    share["total_n"] = share.pop("n")
    return {
        "week": week,
        "classifier": classifier,
        "level": level,
        "label": label,
        "run_id": run_of(week),
        "classifier_version": "1",
        "n": n,
        "weight": float(n),
        **share,
    }


def _write_batches(ledger: Ledger, week: str, chance: random.Random) -> None:
    now = time.time()
    states = ("done", "done", "submitted", "submitted", "waiting", "failed")
    rows = []
    for at, state in enumerate(states):
        asked = 2_300 + 10 * at
        sent = None if state == "waiting" else Week.parse(week).end + timedelta(hours=3, minutes=at)
        rows.append(
            {
                "job_key": f"{at:064x}",
                "week": week,
                "run_id": run_of(week),
                "shard": 3 * at % SHARDS,
                "round": 1 + (at == 1),
                "endpoint": "east" if at % 2 else "west",
                "model": "gpt-4o-mini",
                "queue": "east gpt-4o-mini",
                "state": state,
                "owner": None,
                "fingerprint": "0" * 32,
                "dialect": "json_schema",
                "input_url": "in.jsonl",
                "keys_url": "keys.parquet",
                "requests": asked,
                "bytes": asked * 4_000,
                "tokens": asked * 950,
                "provider_id": None if sent is None else f"batch_{chance.getrandbits(48):012x}",
                "provider_status": {"done": "completed", "submitted": "in_progress", "failed": "failed"}.get(state),
                "refusals": 3 if state == "waiting" else 0,
                "not_before": 0.0,
                "touched_at": now - 60,
                "created_at": sent.timestamp() - 90 if sent and state == "done" else now - 3_600 * (at + 0.4),
                "submitted_at": sent,
                "finished_at": sent + timedelta(hours=4) if sent and state == "done" else None,
                "completed": round(asked * 0.62) if state == "submitted" else None,
                "answered": asked - 12 if state == "done" else None,
                "refused": 2 if state == "done" else None,
                "failed": 10 if state == "done" else None,
                "input_tokens": asked * 950 if state == "done" else None,
                "cost_usd": 0.17 if state == "done" else None,
                "message": "the provider did not take the file: line 12 is not JSON" if state == "failed" else None,
            }
        )
    with ledger.write() as connection:
        connection.execute(insert(tables.batch_job), rows)
