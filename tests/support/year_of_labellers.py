"""Who labelled the weeks of a year: a model that moves behind its name, then a successor, with alignments and a bridge."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, update

from semtel_ops.conversations.weeks import Week
from semtel_ops.report.classifier_info import ClassifierInfo
from semtel_ops.store import ledger_tables as tables
from semtel_ops.store.bridge_ledger import BridgeRow
from semtel_ops.store.labeller_ledger import LabellerRecord, WeeklyLabeller
from semtel_ops.store.ledger import Ledger, upsert
from semtel_ops.store.model_ledger import ModelLedger, ModelListing, SentinelDay

FIRST, MOVED, SUCCESSOR = "gpt-4o-mini-2024-07-18", "gpt-4o-mini-2025-11-04", "gpt-6-luna-2026-03-11"
ASKED, ASKED_NOW = "gpt-4o-mini", "gpt-6-luna"
ALIGNMENT_ID = "luna-2026"
RETIRES = date(2027, 1, 10)


def labeller_of(classifier: str, served: str) -> str:
    """Id of a labeller of the year: 16 characters."""
    return f"{[FIRST, MOVED, SUCCESSOR].index(served)}{classifier[:15]:_<15}"


def served_in(weeks: int, at: int) -> str:
    """The model that answered in week `at` of so many: it moves after half of them, and is replaced three before the end."""
    return SUCCESSOR if at >= max(1, weeks - 3) and weeks > 3 else MOVED if at >= weeks // 2 and weeks > 5 else FIRST


def bridged_week(weeks: Sequence[str]) -> str:
    """The first week of the successor."""
    return weeks[-3]


def write_labellers(ledger: Ledger, weeks: Sequence[str], runs: Sequence[str], infos: Sequence[ClassifierInfo], n: int) -> None:
    """Record who labelled published weeks; of more than three weeks, the last three are the successor's."""
    known: dict[str, LabellerRecord] = {}
    weekly: list[WeeklyLabeller] = []
    for at, (week, run_id) in enumerate(zip(weeks, runs, strict=True)):
        served = served_in(len(weeks), at)
        for info in infos:
            one = _record(info.id, served, week)
            known.setdefault(one.labeller, one)
            weekly.append(WeeklyLabeller(week, info.id, one.labeller, run_id, one.model, served, n, float(n)))
    with ledger.write() as connection:
        upsert(connection, tables.labeller, [asdict(record) for record in known.values()])
        upsert(connection, tables.weekly_labeller, [asdict(row) for row in weekly])
        for row in weekly:
            mine = (tables.weekly_share.c.week == row.week) & (tables.weekly_share.c.classifier == row.classifier)
            connection.execute(update(tables.weekly_share).where(mine).values(labeller=row.labeller))
        connection.execute(insert(tables.alignment), list(_alignments(infos, weeks[-1])))
        if len(weeks) > 3:
            bridges = [bridge for info in infos for bridge in _bridges(info, weeks, runs)]
            upsert(connection, tables.bridge, [asdict(bridge) for bridge in bridges])
    _write_models(ledger, Week.parse(weeks[-1]).end.date(), infos, served_in(len(weeks), len(weeks) - 1))


def _record(classifier: str, served: str, week: str) -> LabellerRecord:
    return LabellerRecord(
        labeller=labeller_of(classifier, served),
        classifier=classifier,
        model=ASKED_NOW if served == SUCCESSOR else ASKED,
        served_model=served,
        version="1",
        prompts="p" * 32,
        reasoning_effort="low" if served == SUCCESSOR else None,
        strategy="s" * 32,
        settings=json.dumps({"temperature": 0.0, "strategy": {"pack": 1, "combine": False, "grader": False}}),
        first_seen_at=Week.parse(week).end,
    )


def _alignments(infos: Sequence[ClassifierInfo], last: str) -> Iterator[dict[str, Any]]:
    for at, info in enumerate(infos):
        verdict, decision = (("shifted", "adopt_with_bridge"), ("same", "adopt"))[at % 2]
        sides = {
            "incumbent": ("east", ASKED, MOVED, None), "candidate": ("luna", ASKED_NOW, SUCCESSOR, "low"),
        }  # fmt: skip
        row: dict[str, Any] = {}
        for side, (name, model, served, effort) in sides.items():
            row |= {
                side: name,
                f"{side}_labeller": labeller_of(info.id, served),
                f"{side}_model": model,
                f"{side}_served_model": served,
                f"{side}_version": "1",
                f"{side}_prompts": "p" * 32,
                f"{side}_effort": effort,
                f"{side}_flips": 0.04,
                f"{side}_invalid": 0.002,
            }
        measured = Week.parse(last).end - timedelta(days=24)
        yield row | {
            "alignment_id": ALIGNMENT_ID,
            "classifier": info.id,
            "strategy": "s" * 32,
            "set_fingerprint": "f" * 32,
            "n": 2_000,
            "margin": 0.02,
            "verdict": verdict,
            "decision": decision,
            "reason": "a label's share moved by more than the margin" if at % 2 == 0 else "every label is inside the margin",
            "excess": 0.031,
            "excess_low": 0.024,
            "excess_high": 0.038,
            "gold_n": 0,
            "shifts": "[]",
            "cost_per_1000_usd": 0.21,
            "simulated": False,
            "measured_at": measured,
            "url": "/nowhere/report.html",
            "adopted_at": measured + timedelta(days=1),
            "adopted_by": "admin",
            "adopted_reason": None,
        }


def _bridges(info: ClassifierInfo, weeks: Sequence[str], runs: Sequence[str]) -> Iterator[BridgeRow]:
    """The successor gives the first label 3.0 points more and the second 1.2 less; the users did not change."""
    for place, label in enumerate(info.names):
        moved = (0.03, -0.012)[place] if place < 2 else 0.001
        yield BridgeRow(
            week=weeks[-3],
            classifier=info.id,
            label=label,
            run_id=runs[-3],
            week_before=weeks[-4],
            labeller_before=labeller_of(info.id, served_in(len(weeks), len(weeks) - 4)),
            labeller=labeller_of(info.id, SUCCESSOR),
            m=2_000,
            only_before=20,
            only_now=20 + round(2_000 * moved),
            share_before=0.2,
            labeller_change=moved,
            labeller_low=moved - 0.009,
            labeller_high=moved + 0.009,
            labeller_p=0.0001 if place < 2 else 0.8,
            labeller_is_real=place < 2,
            seen_before=0.2 + moved,
            seen_low=0.18 + moved,
            seen_high=0.22 + moved,
            seen_effective_n=1_500.0,
            users_change=0.002,
            users_low=-0.011,
            users_high=0.015,
            users_p=0.7,
            users_is_real=False,
        )


def _write_models(ledger: Ledger, day: date, infos: Sequence[ClassifierInfo], served: str) -> None:
    asked = ASKED_NOW if served == SUCCESSOR else ASKED
    models = ModelLedger(ledger)
    models.save_listings(
        [ModelListing("east", asked, RETIRES, "endpoint", day), ModelListing("west", asked, None, "none", day)]
    )
    models.save_sentinel_days(
        [
            SentinelDay(
                day=day - timedelta(days=back),
                endpoint="east",
                classifier=info.id,
                state="baseline" if back == 9 else "judged",
                sentinels="f" * 32,
                labeller=labeller_of(info.id, served),
                model=asked,
                served_model=served,
                n=100,
                flips=4,
                p0=0.05,
                e_value=1.0,
                alarmed=False,
                cost_usd=0.02,
            )
            for info in infos
            for back in range(10)
        ]
    )
