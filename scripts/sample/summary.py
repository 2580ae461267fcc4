"""The true shares by week, as the table of the sample's README."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

_SATISFACTION = ("satisfied", "neutral", "dissatisfied")
_JUDGED = (
    "topic",
    "satisfaction",
    "task_complexity",
    "knowledge_work",
    "user_intent",
    "user_expertise",
    "ai_expertise",
    "language",
)


def summarise(records: Iterable[dict[str, Any]]) -> str:
    """Markdown tables; copies of a conversation count once, as in the pipeline."""
    weeks: dict[str, dict[str, dict[str, Any]]] = {}
    for record in records:
        year, week, _ = datetime.fromisoformat(record["started_at"]).isocalendar()
        weeks.setdefault(f"{year}-W{week:02d}", {})[str(record["messages"])] = record
    by_week = {week: [_labels(record) for record in found.values()] for week, found in weeks.items()}
    rows = [_row("conversations", by_week, len)]
    for name in _JUDGED:
        totals = Counter(one[name] for found in by_week.values() for one in found)
        rows += [_row(f"{name}: {value}", by_week, _share(name, value)) for value, _ in totals.most_common()]
    for value in _SATISFACTION:
        rows.append(_row(f"satisfaction in technology: {value}", by_week, _share("satisfaction", value, topic="technology")))
    head = ["| share of | " + " | ".join(by_week) + " |", "|---|" + "---:|" * len(by_week)]
    return "\n".join(head + rows)


def _labels(record: dict[str, Any]) -> dict[str, Any]:
    return {**record["labels"], "language": record["language"]}


def _row(name: str, by_week: dict[str, list[dict[str, Any]]], cell: Callable[[list[dict[str, Any]]], object]) -> str:
    return f"| {name} | " + " | ".join(str(cell(found)) for found in by_week.values()) + " |"


def _share(name: str, value: str, topic: str | None = None) -> Callable[[list[dict[str, Any]]], str]:
    def cell(labels: list[dict[str, Any]]) -> str:
        among = [one for one in labels if topic in {None, one["topic"]}]
        hits = sum(one[name] == value for one in among)
        return f"{100 * hits / len(among):.0f}% ({hits})"

    return cell
