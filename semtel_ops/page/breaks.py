"""Breaks: published weeks that another labeller labelled than the week before, and what is known of the difference."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import select

from semtel_ops.humanize import number, points
from semtel_ops.page.context import PageContext
from semtel_ops.store.bridge_ledger import BridgeLedger, BridgeRow
from semtel_ops.store.labeller_ledger import LabellerLedger, LabellerRecord, WeeklyLabeller
from semtel_ops.store.ledger_tables import alignment, weekly_labeller, weekly_share

BRIDGED, NO_EVIDENCE = "bridge", "none"
"""Values of `Break.verdict` beside the verdicts of alignments."""


@dataclass(frozen=True, slots=True)
class Break:
    """A week whose main labeller is another one than that of the classifier's last published week before it.

    Attributes:
        before: that week.
        what: what differs, in a phrase.
        verdict: `bridge`, else the verdict of the latest alignment of the two labellers, else `none`.
        evidence: what that says about the difference, in a phrase.
        alignment_id: that alignment, if there is one.
        served: names of the models that answered, before and now, where they differ.
        asked: the name that both were asked by; None where that differs, too.
    """

    week: str
    before: str
    what: str
    verdict: str
    evidence: str
    alignment_id: str | None = None
    served: tuple[str, str] | None = None
    asked: str | None = None

    @property
    def sentence(self) -> str:
        return f"Week {self.week}: {self.what}; {self.evidence}"


class _Change(NamedTuple):
    """Two weeks in a row of a classifier whose labels are not by the same labeller; None: not recorded."""

    classifier: str
    before: str
    week: str
    old: WeeklyLabeller | None
    new: WeeklyLabeller | None
    versions: tuple[str, str]


def breaks_of(source: PageContext, weeks: Sequence[str], classifiers: Collection[str]) -> dict[str, list[Break]]:
    """Classifier → its breaks in these published weeks, oldest first.

    The first of the weeks has none: what was before it is not read. Weeks of a release that did not record labellers have a
    break where the version of the prompt changes.
    """
    changes = _changes(source, weeks, classifiers)
    if not changes:
        return {}
    ids = {row.labeller for change in changes for row in (change.old, change.new) if row is not None}
    known = {record.labeller: record for record in LabellerLedger(source.ledger).labellers(sorted(ids))}
    verdicts = _verdicts(source, ids)
    bridged = _bridges(source, {change.week for change in changes})
    found: dict[str, list[Break]] = {}
    for change in changes:
        old, new = change.old, change.new
        if old is None or new is None:
            what = "prompt from version {} to {}".format(*(version or "–" for version in change.versions))
        else:
            first, second = known.get(old.labeller), known.get(new.labeller)
            what = differences(first, second) if first and second else "another labeller"
        pair = (old.labeller, new.labeller) if old and new else ("", "")
        verdict, evidence, alignment_id = _evidence(source, bridged.get((change.week, change.classifier)), verdicts.get(pair))
        served = (_answers(old), _answers(new)) if old and new and _answers(old) != _answers(new) else None
        asked = new.model if old and new and old.model == new.model else None
        found.setdefault(change.classifier, []).append(
            Break(change.week, change.before, what, verdict, evidence, alignment_id, served, asked)
        )
    return found


def _changes(source: PageContext, weeks: Sequence[str], classifiers: Collection[str]) -> list[_Change]:
    labelled = labelled_weeks(source, weeks, classifiers)
    recorded = all(_main(labelled.get(classifier, {}).get(week)) for classifier in classifiers for week in weeks)
    versions = {} if recorded else _versions(source, weeks, classifiers)
    found = []
    for classifier in classifiers:
        mine, version_of = labelled.get(classifier, {}), versions.get(classifier, {})
        for before, week in pairwise(sorted(mine.keys() | version_of.keys())):
            old, new = _main(mine.get(before)), _main(mine.get(week))
            pair = (version_of.get(before, ""), version_of.get(week, ""))
            if old.labeller != new.labeller if old and new else pair[0] != pair[1]:
                found.append(_Change(classifier, before, week, old, new, pair))
    return found


def shown_break(one: Break) -> dict[str, Any]:
    """A break as the page's scripts take it."""
    return asdict(one) | {"sentence": one.sentence}


def labelled_weeks(
    source: PageContext, weeks: Sequence[str], classifiers: Collection[str] | None = None
) -> dict[str, dict[str, list[WeeklyLabeller]]]:
    """Classifier → week → its labellers, who labelled most first."""
    found: dict[str, dict[str, list[WeeklyLabeller]]] = {}
    columns = weekly_labeller.c
    query = select(weekly_labeller).where(columns.week.in_(weeks)).order_by(columns.weight.desc(), columns.labeller)
    if classifiers is not None:
        query = query.where(columns.classifier.in_(classifiers))
    with source.ledger.read() as connection:
        for row in connection.execute(query).mappings():
            found.setdefault(row["classifier"], {}).setdefault(row["week"], []).append(WeeklyLabeller(**row))
    return found


def differences(before: LabellerRecord, now: LabellerRecord) -> str:
    """What differs between two labellers, in a phrase."""
    found = []
    if before.served_model != now.served_model:
        alias = f", both asked as {now.model}" if before.model == now.model != now.served_model else ""
        found.append(f"model from {before.served_model} to {now.served_model}{alias}")
    if before.version != now.version:
        found.append(f"prompt from version {before.version} to {now.version}")
    elif _differ(before.prompts, now.prompts):
        found.append("prompt text or parameters")
    if before.reasoning_effort != now.reasoning_effort:
        found.append(
            f"reasoning effort from {before.reasoning_effort or 'the default'} to {now.reasoning_effort or 'the default'}"
        )
    if _differ(before.strategy, now.strategy):
        found.append("how requests are shared or shortened")
    return ", ".join(found) or "another labeller"


def bridge_evidence(rows: Sequence[BridgeRow], name: str) -> str:
    """The labeller's and the users' part of the change of the label that the labeller moved most, which is called `name`."""
    most = _moved_most(rows)
    labeller = f"labeller {points(most.labeller_change)} ({points(most.labeller_low)} to {points(most.labeller_high)})"
    users = f"users {points(most.users_change)} ({points(most.users_low)} to {points(most.users_high)})"
    moved = sum(row.labeller_is_real for row in rows)
    return f"{name}: {labeller}, {users}; the labeller moved {moved} of {len(rows)} labels, measured on {number(most.m)} rows"


def _moved_most(rows: Sequence[BridgeRow]) -> BridgeRow:
    return max(rows, key=lambda row: (abs(row.labeller_change), row.label))


def _main(rows: Sequence[WeeklyLabeller] | None) -> WeeklyLabeller | None:
    """Who labelled most of a week; None if that is not recorded."""
    return rows[0] if rows and rows[0].labeller else None


def _answers(row: WeeklyLabeller) -> str:
    return row.served_model or row.model


def _differ(before: str | None, now: str | None) -> bool:
    return before is not None and now is not None and before != now


def _evidence(
    source: PageContext, bridge: Sequence[BridgeRow] | None, aligned: tuple[str, str] | None
) -> tuple[str, str, str | None]:
    """Verdict, evidence, and the alignment of the two labellers, if there is one."""
    if bridge:
        (info,) = source.classifier_info([bridge[0].classifier])
        evidence = bridge_evidence(bridge, info.name(_moved_most(bridge).label))
        return BRIDGED, evidence, None if aligned is None else aligned[0]
    if aligned is not None:
        alignment_id, verdict = aligned
        return verdict, f"an alignment found it {verdict}", alignment_id
    return NO_EVIDENCE, "no bridge and no alignment, so it cannot be compared with the week before", None


def _versions(source: PageContext, weeks: Sequence[str], classifiers: Collection[str]) -> dict[str, dict[str, str]]:
    """Classifier → week → version of its prompt file."""
    columns = (weekly_share.c.classifier, weekly_share.c.week, weekly_share.c.classifier_version)
    mine = weekly_share.c.week.in_(weeks) & weekly_share.c.classifier.in_(classifiers)
    query = select(*columns).where(mine & (weekly_share.c.level == "label")).distinct()
    found: dict[str, dict[str, str]] = {}
    with source.ledger.read() as connection:
        for classifier, week, version in connection.execute(query):
            found.setdefault(classifier, {})[week] = version or ""
    return found


def _verdicts(source: PageContext, ids: Collection[str]) -> Mapping[tuple[str, str], tuple[str, str]]:
    """(incumbent's id, candidate's id) → id and verdict of their latest alignment."""
    columns = alignment.c
    query = select(columns.incumbent_labeller, columns.candidate_labeller, columns.alignment_id, columns.verdict)
    both = columns.incumbent_labeller.in_(ids) & columns.candidate_labeller.in_(ids)
    with source.ledger.read() as connection:
        rows = connection.execute(query.where(both).order_by(columns.measured_at))
        return {(before, now): (alignment_id, verdict) for before, now, alignment_id, verdict in rows}


def _bridges(source: PageContext, weeks: Collection[str]) -> Mapping[tuple[str, str], list[BridgeRow]]:
    """(week, classifier) → the changes of its labels over a bridge."""
    found: dict[tuple[str, str], list[BridgeRow]] = {}
    for row in BridgeLedger(source.ledger).rows(sorted(weeks)):
        found.setdefault((row.week, row.classifier), []).append(row)
    return found
