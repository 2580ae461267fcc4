"""What needs attention about the models: decided from who labelled, when models retire, and what sentinels showed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from semtel_ops.bridging.comparability import NEGLIGIBLE
from semtel_ops.endpoints.retirement import NOTICE_DAYS
from semtel_ops.humanize import count, percent
from semtel_ops.page.breaks import NO_EVIDENCE, Break
from semtel_ops.store.labeller_ledger import WeeklyLabeller
from semtel_ops.store.model_ledger import SentinelDay

NAMES_SHOWN = 5
"""Classifiers that a warning names; of more, it says how many."""


@dataclass(frozen=True, slots=True)
class Retiring:
    """What is known of an endpoint's model.

    Attributes:
        day: on which the endpoint stops serving it; None if no day is announced.
        days_left: 0 on the day itself, negative afterwards; None without a day.
        source: who says so.
        asked_on: when the endpoint was last asked.
    """

    endpoint: str
    model: str
    day: date | None
    days_left: int | None
    source: str
    asked_on: date


def model_warnings(
    week: str | None,
    now: Mapping[str, Sequence[WeeklyLabeller]],
    breaks: Mapping[str, Sequence[Break]],
    retiring: Sequence[Retiring],
    sentinels: Sequence[SentinelDay],
    titles: Mapping[str, str],
) -> list[dict[str, str]]:
    """Warnings as the banners of a page: what is broken first.

    Args:
        week: the last published week.
        now: classifier → who labelled it in that week, who labelled most first.
        titles: classifier → its name for people.
    """
    asked = {row.model for rows in now.values() for row in rows}
    served = {(row.model, row.served_model) for rows in now.values() for row in rows if row.served_model}
    found = [
        *_alarms(sentinels, asked, titles),
        *_moved_since(sentinels, served, week),
        *_moved(week, breaks, titles),
        *_two_labellers(week, now, titles),
        *_not_compared(week, breaks, titles),
        *_retirements(retiring, asked),
    ]
    return sorted(found, key=lambda warning: warning["kind"] != "bad")


def _alarms(sentinels: Sequence[SentinelDay], asked: set[str], titles: Mapping[str, str]) -> list[dict[str, str]]:
    found: dict[tuple[str, str], list[SentinelDay]] = {}
    for day in sentinels:
        if day.alarmed and day.model in asked:
            found.setdefault((day.endpoint, day.model), []).append(day)
    return [
        _warning(
            "bad",
            f"{model} answers the sentinels of {endpoint} differently than before",
            f"{_names([day.classifier for day in days], titles)}. Last asked on {max(day.day for day in days)}. "
            "Compare it with an alignment, or accept how it answers now: semtel sentinels run --new-baseline.",
        )
        for (endpoint, model), days in sorted(found.items())
    ]


def _moved_since(sentinels: Sequence[SentinelDay], served: set[tuple[str, str]], week: str | None) -> list[dict[str, str]]:
    """Models that answer the sentinels under another name than in the last week's labels."""
    known: dict[str, set[str]] = {}
    for model, name in served:
        known.setdefault(model, set()).add(name)
    days = {(day.model, day.served_model, day.endpoint): day for day in sentinels if day.served_model}
    return [
        _warning(
            "bad",
            f"{model} is now answered by {name}",
            f"Replies of {endpoint} named it on {day.day}. Week {week} was labelled by {', '.join(sorted(known[model]))}.",
        )
        for (model, name, endpoint), day in sorted(days.items(), key=lambda item: str(item[0]))
        if model in known and name not in known[model]
    ]


def _moved(week: str | None, breaks: Mapping[str, Sequence[Break]], titles: Mapping[str, str]) -> list[dict[str, str]]:
    """Another model answered in the last week than in the week before, under the same name."""
    found: dict[tuple[str, tuple[str, str]], list[str]] = {}
    for classifier, ones in breaks.items():
        for one in ones:
            if one.week == week and one.served and one.asked:
                found.setdefault((one.asked, one.served), []).append(classifier)
    return [
        _warning(
            "bad",
            f"Another model answers as {asked} since week {week}",
            f"{after} instead of {before}, for {_names(classifiers, titles)}.",
        )
        for (asked, (before, after)), classifiers in sorted(found.items())
    ]


def _two_labellers(
    week: str | None, now: Mapping[str, Sequence[WeeklyLabeller]], titles: Mapping[str, str]
) -> list[dict[str, str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    parts: dict[tuple[str, ...], str] = {}
    for classifier, rows in now.items():
        total = sum(row.weight for row in rows)
        seen = [row for row in rows if row.weight > NEGLIGIBLE * total]
        if len(seen) > 1:
            names = tuple(row.served_model or row.model for row in seen)
            found.setdefault(names, []).append(classifier)
            parts[names] = ", ".join(f"{row.served_model or row.model} {percent(row.weight / total)}" for row in seen)
    return [
        _warning(
            "note",
            f"{len(names)} labellers in week {week}",
            f"{_names(classifiers, titles)}: {parts[names]}"
            + (" of the conversations." if len(classifiers) == 1 else f" of the conversations of {titles[classifiers[0]]}."),
        )
        for names, classifiers in found.items()
    ]


def _not_compared(week: str | None, breaks: Mapping[str, Sequence[Break]], titles: Mapping[str, str]) -> list[dict[str, str]]:
    found: dict[str, list[str]] = {}
    for classifier, ones in breaks.items():
        for one in ones:
            if one.week == week and one.verdict == NO_EVIDENCE:
                found.setdefault(one.what, []).append(classifier)
    return [
        _warning(
            "note",
            f"Week {week} has another labeller than the week before, and there is no bridge",
            f"{_names(classifiers, titles)}: {what}. "
            "Changes since the week before cannot be told from the change of the labeller.",
        )
        for what, classifiers in found.items()
    ]


def _retirements(retiring: Sequence[Retiring], asked: set[str]) -> list[dict[str, str]]:
    return [
        _warning(
            "bad" if one.days_left <= NOTICE_DAYS[1] else "note",
            f"{one.model} {_when(one.days_left)}",
            f"{one.endpoint} serves it until {one.day}, according to "
            f"{'its own list of models' if one.source == 'endpoint' else one.source}. "
            "Compare a successor with it while it still answers: semtel align.",
        )
        for one in sorted(retiring, key=lambda one: (one.day or date.max, one.endpoint))
        if one.model in asked and one.days_left is not None and one.days_left <= NOTICE_DAYS[0]
    ]


def _when(days: int) -> str:
    if days == 0:
        return "retires today"
    return f"retires in {count(days, 'day')}" if days > 0 else f"retired {count(-days, 'day')} ago"


def _names(classifiers: Sequence[str], titles: Mapping[str, str]) -> str:
    """Classifiers by name; of many, the first and how many more."""
    names = [titles.get(classifier, classifier) for classifier in classifiers]
    shown = ", ".join(names[:NAMES_SHOWN])
    return shown if len(names) <= NAMES_SHOWN else f"{shown} and {len(names) - NAMES_SHOWN} more"


def _warning(kind: str, heading: str, text: str) -> dict[str, str]:
    return {"kind": kind, "heading": heading, "text": text}
