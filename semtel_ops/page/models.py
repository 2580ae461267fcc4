"""The view of models: who labels each classifier, since when and how well, and what needs attention."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select

from semtel_ops.classifiers import load_classifier
from semtel_ops.errors import SemtelError
from semtel_ops.gold.agreement import with_labellers
from semtel_ops.page.breaks import breaks_of, labelled_weeks, shown_break
from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.page.model_warnings import Retiring, model_warnings
from semtel_ops.page.timeline import part_of, timeline_values
from semtel_ops.prompts import find_prompt
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.labeller_ledger import LabellerLedger, LabellerRecord, WeeklyLabeller
from semtel_ops.store.ledger_tables import alignment, sentinel_day, weekly_labeller, weekly_share
from semtel_ops.store.model_ledger import ModelLedger, SentinelDay

WEEKS_SHOWN = 52
ALIGNMENTS_SHOWN = 6
"""Maximum number of alignments per classifier; the latest are shown."""
ALIGNMENTS_READ = 600
SERVED_SHOWN = 40
"""Maximum number of models that answered behind a name; the latest are shown."""
GOLD_WEEKS = 4
"""Weeks whose gold labels are compared with the model's: the latest for which people labelled."""

_ALIGNMENT = (
    "alignment_id", "candidate", "incumbent", "candidate_served_model", "candidate_version", "incumbent_served_model", "n",
    "verdict", "decision", "reason", "simulated", "measured_at", "adopted_at", "adopted_by", "candidate_labeller",
)  # fmt: skip


def models_view(source: PageContext, today: date) -> dict[str, Any]:
    """Everything of the view except its charts.

    Args:
        today: in UTC; days until a model retires are counted from it.
    """
    weeks = published_weeks(source)
    labelled = labelled_weeks(source, weeks)
    ids = source.ordered(list(labelled))
    breaks = breaks_of(source, weeks, ids)
    last = weeks[-1] if weeks else None
    now = {classifier: labelled[classifier].get(last, []) for classifier in ids} if last else {}
    retiring = _retiring(source, today)
    sentinels = _sentinels(source)
    titles = {info.id: info.title for info in source.classifier_info(ids)}
    asked = Counter(model for rows in now.values() for model in {row.model for row in rows})
    return {
        "week": last,
        "weeks": len(weeks),
        "warnings": model_warnings(last, now, breaks, retiring, sentinels, titles),
        "models": _models(source, asked, retiring),
        "classifiers": _classifiers(source, ids, titles, labelled, now, breaks, sentinels),
    }


def labellers_timeline(source: PageContext, classifier: str) -> tuple[str, dict[str, Any]]:
    """Title of a classifier, and the values of the chart of its labellers.

    Raises:
        NotThereError: no published week has a labeller of that classifier on record.
    """
    weeks = published_weeks(source)
    labelled = labelled_weeks(source, weeks, [classifier]).get(classifier)
    if not labelled:
        raise NotThereError("no labeller of that classifier is on record")
    ids = {row.labeller for rows in labelled.values() for row in rows if row.labeller}
    names = names_of(LabellerLedger(source.ledger).labellers(sorted(ids)))
    breaks = breaks_of(source, weeks, [classifier]).get(classifier, [])
    (info,) = source.classifier_info([classifier])
    return info.title, timeline_values(weeks, labelled, names, breaks)


def published_weeks(source: PageContext, limit: int = WEEKS_SHOWN) -> list[str]:
    """The latest published weeks, oldest first."""
    column = weekly_share.c.week
    with source.ledger.read() as connection:
        latest = connection.execute(select(column).distinct().order_by(column.desc()).limit(limit)).scalars()
        return sorted(latest)


def names_of(records: Sequence[LabellerRecord]) -> dict[str, str]:
    """Labeller → the model that answers and the version of its prompt; with what else tells two of the same name apart."""
    names = {record.labeller: f"{record.served_model}, prompt {record.version}" for record in records}
    alike = Counter(names.values())
    return {
        record.labeller: name if alike[name] == 1 else f"{name} ({record.reasoning_effort or record.labeller[:6]})"
        for record in records
        for name in [names[record.labeller]]
    }


def _classifiers(
    source: PageContext,
    ids: Sequence[str],
    titles: Mapping[str, str],
    labelled: Mapping[str, Mapping[str, Sequence[WeeklyLabeller]]],
    now: Mapping[str, Sequence[WeeklyLabeller]],
    breaks: Mapping[str, Sequence[Any]],
    sentinels: Sequence[SentinelDay],
) -> list[dict[str, Any]]:
    seen = {row.labeller for by_week in labelled.values() for rows in by_week.values() for row in rows if row.labeller}
    records = {record.labeller: record for record in LabellerLedger(source.ledger).labellers(sorted(seen))}
    spans = _spans(source)
    aligned = _alignments(source, ids)
    gold = GoldLedger(source.ledger)
    by_people = set(gold.classifiers())
    shown = []
    for classifier in ids:
        everyone = {row.labeller: row for _week, rows in sorted(labelled[classifier].items()) for row in rows}
        current = now[classifier]
        shown.append(
            {
                "id": classifier,
                "title": titles[classifier],
                "now": [_labeller(row, records, spans, part_of(current, row.labeller)) for row in current],
                "all": [_labeller(row, records, spans, None) for row in everyone.values()],
                "breaks": [shown_break(one) for one in breaks.get(classifier, [])],
                "alignments": aligned.get(classifier, []),
                "gold": _gold(source, gold, classifier, current) if classifier in by_people else None,
                "sentinels": [_sentinel(day) for day in sentinels if day.classifier == classifier],
            }
        )
    return shown


def _labeller(
    row: WeeklyLabeller,
    records: Mapping[str, LabellerRecord],
    spans: Mapping[tuple[str, str], tuple[str, str, int]],
    part: float | None,
) -> dict[str, Any]:
    """A labeller with its first and last week of all, and the number of its weeks. `part`: of the last week, 0 to 1."""
    record = records.get(row.labeller)
    first, last, weeks = spans.get((row.classifier, row.labeller), (row.week, row.week, 1))
    return {
        "labeller": row.labeller,
        "model": row.model,
        "served_model": row.served_model,
        "version": record and record.version,
        "prompts": record and record.prompts,
        "reasoning_effort": record and record.reasoning_effort,
        "strategy": record and record.strategy,
        "settings": _settings(record),
        "first": first,
        "last": last,
        "weeks": weeks,
        "part": part,
    }


def _settings(record: LabellerRecord | None) -> dict[str, Any]:
    """What people read of a labeller's settings; empty where they were not recorded."""
    try:
        found = orjson.loads(record.settings or "{}") if record else {}
    except orjson.JSONDecodeError:
        return {}
    strategy = found.get("strategy") if isinstance(found, dict) else None
    if not isinstance(strategy, dict):
        return {}
    return {"temperature": found.get("temperature"), "pack": strategy.get("pack"), "combine": strategy.get("combine")}


def _spans(source: PageContext) -> dict[tuple[str, str], tuple[str, str, int]]:
    """(classifier, labeller) → first week, last week and number of weeks, of all published weeks."""
    columns = weekly_labeller.c
    counted = (func.min(columns.week), func.max(columns.week), func.count())
    query = select(columns.classifier, columns.labeller, *counted).group_by(columns.classifier, columns.labeller)
    with source.ledger.read() as connection:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(query)}


def _models(source: PageContext, asked: Mapping[str, int], retiring: Sequence[Retiring]) -> list[dict[str, Any]]:
    """Each name that the last week's models were asked by: who has answered behind it, and its last day."""
    columns = weekly_labeller.c
    weeks = (func.min(columns.week), func.max(columns.week), func.count(columns.week.distinct()))
    query = select(columns.model, columns.served_model, *weeks).where(columns.model.in_(asked))
    query = query.group_by(columns.model, columns.served_model).order_by(weeks[1].desc(), weeks[0].desc())
    served: dict[str, list[dict[str, Any]]] = {}
    with source.ledger.read() as connection:
        for model, name, first, last, n in connection.execute(query):
            served.setdefault(model, []).append({"served_model": name, "first": first, "last": last, "weeks": n})
    return [
        {
            "model": model,
            "classifiers": n,
            "served": served.get(model, [])[:SERVED_SHOWN],
            "endpoints": [
                {
                    "endpoint": one.endpoint, "shutdown_date": one.day, "days_left": one.days_left, "source": one.source,
                    "asked_on": one.asked_on,
                }
                for one in retiring
                if one.model == model
            ],
        }
        for model, n in sorted(asked.items(), key=lambda item: (-item[1], item[0]))
    ]  # fmt: skip


def _retiring(source: PageContext, today: date) -> list[Retiring]:
    """Every endpoint's model, and when it stops serving it as far as that is known."""
    return [
        Retiring(
            listing.endpoint,
            listing.model,
            listing.shutdown_date,
            None if listing.shutdown_date is None else (listing.shutdown_date - today).days,
            listing.source,
            listing.asked_on,
        )
        for listing in ModelLedger(source.ledger).listings()
    ]


def _alignments(source: PageContext, classifiers: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Classifier → its latest alignments, latest first."""
    columns = [alignment.c.classifier, *(alignment.c[name] for name in _ALIGNMENT)]
    query = select(*columns).where(alignment.c.classifier.in_(classifiers))
    query = query.order_by(alignment.c.measured_at.desc(), alignment.c.candidate).limit(ALIGNMENTS_READ)
    found: dict[str, list[dict[str, Any]]] = {}
    with source.ledger.read() as connection:
        for row in connection.execute(query).mappings():
            shown = found.setdefault(row["classifier"], [])
            if len(shown) < ALIGNMENTS_SHOWN:
                shown.append({name: row[name] for name in _ALIGNMENT})
    return found


def _gold(source: PageContext, gold: GoldLedger, classifier: str, current: Sequence[WeeklyLabeller]) -> dict[str, Any] | None:
    """Agreement of the last week's labeller with people, in the latest weeks that people labelled; None without any."""
    weeks = sorted({draw.week for draw in gold.draws() if classifier in draw.classifiers})[-GOLD_WEEKS:]
    if not weeks or not current or not current[0].labeller:
        return None
    try:
        spec = load_classifier(find_prompt(source.prompts, classifier))
    except SemtelError:
        return None
    mine = current[0].labeller
    rows = (row for week in weeks for row in gold.labels(classifier, week=week, labeller=mine))
    found = next((one for one in with_labellers(rows, spec) if one.second == mine), None)
    if found is None:
        return None
    kappa = found.weighted or found.kappa
    return {
        "first": weeks[0],
        "last": weeks[-1],
        "n": found.equal.n,
        "agreement": found.equal.share,
        "low": found.equal.low,
        "high": found.equal.high,
        "kappa": kappa.value,
        "kappa_low": kappa.low,
        "kappa_high": kappa.high,
        "kappa_kind": "quadratic kappa" if found.weighted else "kappa",
    }


def _sentinels(source: PageContext) -> list[SentinelDay]:
    """The last day of each classifier at each endpoint, alarms first."""
    columns = sentinel_day.c
    last = select(columns.endpoint, columns.classifier, func.max(columns.day).label("day"))
    latest = last.group_by(columns.endpoint, columns.classifier).subquery()
    mine = (columns.endpoint == latest.c.endpoint) & (columns.classifier == latest.c.classifier) & (columns.day == latest.c.day)
    with source.ledger.read() as connection:
        rows = connection.execute(select(sentinel_day).join(latest, mine)).mappings()
        days = [SentinelDay(**row) for row in rows]
    return sorted(days, key=lambda day: (not day.alarmed, day.endpoint, day.classifier))


def _sentinel(day: SentinelDay) -> dict[str, Any]:
    names = ("day", "endpoint", "state", "model", "served_model", "n", "flips", "p0", "e_value", "alarmed")
    return {name: getattr(day, name) for name in names}
