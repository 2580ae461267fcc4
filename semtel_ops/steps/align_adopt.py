"""Adopt a candidate of an alignment: what a person decides, recorded in the ledger for the model gate."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from semtel_ops.alignment import Alignment, Decision, Verdict
from semtel_ops.clock import Clock, SystemClock
from semtel_ops.errors import ConfigError
from semtel_ops.humanize import count
from semtel_ops.runs.resources import ledger_of_environment
from semtel_ops.steps.align_compare import read_alignment
from semtel_ops.steps.align_plan import AlignmentPlan
from semtel_ops.store.alignment_ledger import AlignmentLedger, AlignmentRecord
from semtel_ops.store.ledger import Ledger

ADOPT, KEEP = "Adopt", "Keep the incumbent"
"""Answers to the question."""

log = logging.getLogger(__name__)

_ADOPTABLE = frozenset({Verdict.SAME, Verdict.SHIFTED})


def adopt_candidate(
    alignment_id: str,
    *,
    ledger: Ledger,
    by: str,
    candidate: str | None = None,
    classifiers: Sequence[str] | None = None,
    force: bool = False,
    reason: str | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Record that a person adopts a candidate. Doing it twice changes nothing.

    Args:
        candidate: None: the only one of the alignment.
        classifiers: only for these; None: for all.
        force: also where the verdict is `worse` or `unclear`; needs a reason.

    Raises:
        ConfigError: there is no such alignment, candidate or classifier, or a verdict does not allow it.
    """
    found = AlignmentLedger(ledger).records(alignment_id=alignment_id)
    name = _candidate(alignment_id, found, candidate)
    mine = {record.classifier: record for record in found if record.candidate == name}
    chosen = list(mine) if classifiers is None else list(classifiers)
    for classifier in chosen:
        if classifier not in mine:
            raise ConfigError("classifiers", classifier, f"was not compared by {alignment_id}, which has {', '.join(mine)}")
    against = [mine[classifier] for classifier in chosen if mine[classifier].verdict not in _ADOPTABLE]
    if against and not force:
        first = against[0]
        raise ConfigError(
            "candidate",
            name,
            f"is {first.verdict} for {first.classifier}: {first.reason}; adopt other classifiers only, compare more "
            "conversations, change its prompt, or give --force with a reason",
        )
    if against and not (reason or "").strip():
        raise ConfigError("reason", reason, "must say why a candidate that is worse or unclear is adopted")
    at = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    new = AlignmentLedger(ledger).adopt(alignment_id, name, by, at, classifiers=chosen, reason=reason)
    log.info("alignment %s: %s adopted %s for %s", alignment_id, by, name, count(len(new), "classifier"))
    bridged = [classifier for classifier in chosen if mine[classifier].decision == Decision.ADOPT_WITH_BRIDGE]
    return {
        "alignment": alignment_id,
        "candidate": name,
        "model": mine[chosen[0]].candidate_model,
        "adopted": new,
        "already_adopted": [classifier for classifier in chosen if classifier not in new],
        "with_bridge": bridged,
        "by": by,
    }


def propose_adoption(alignment: str) -> dict[str, Any]:
    """The candidate that may be adopted, and what a person is told who decides.

    Args:
        alignment: URL of plan.json.

    Returns:
        `ask`: whether there is one; `alignment` and `candidate`; `subject` and `body` of the question, in Markdown.
    """
    plan = AlignmentPlan.load(alignment)
    result = read_alignment(plan)
    order = list(Verdict)
    name, found = min(result.candidates.items(), key=lambda item: order.index(item[1].verdict))
    return {
        "ask": found.verdict in _ADOPTABLE,
        "alignment": plan.id,
        "candidate": name,
        "subject": f"Let {name} ({found.labeller.model}) label for {result.incumbent.name}?",
        "body": _body(result, plan.page_url),
    }


def record_answer(alignment: str, candidate: str, answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """Record the decision about a candidate; without an answer in time, it is not adopted.

    Args:
        alignment: the alignment's id.
        answer: of the person; None: nobody was asked.
    """
    user = (answer or {}).get("responded_by_user") or {}
    if answer is None or ADOPT not in answer["chosen_options"] or not user:
        log.info("alignment %s: %s is not adopted", alignment, candidate)
        return {"alignment": alignment, "candidate": candidate, "adopted": []}
    with ledger_of_environment() as ledger:
        return adopt_candidate(alignment, ledger=ledger, by=str(user["name"] or user["id"]), candidate=candidate)


def _body(result: Alignment, page: str) -> str:
    lines = ["| candidate | classifier | verdict | why |", "|---|---|---|---|"]
    for name, found in result.candidates.items():
        for each in found.classifiers.values():
            reason = each.reason.replace("|", "/")
            lines.append(f"| {name} | {each.title} | {each.verdict.value} | {reason} |")
    adopted = (
        "Adopted, weekly runs may use it where endpoints.yaml names it. If shares shifted, the next week is a bridge week."
    )
    note = f"{adopted} Other candidates are adopted with `semtel align adopt`."
    return "\n".join([*lines, "", note, "", f"All numbers: *Alignment* in the *Details* of the task `report`, or `{page}`"])


def _candidate(alignment_id: str, found: Sequence[AlignmentRecord], asked: str | None) -> str:
    names = sorted({record.candidate for record in found})
    if not names:
        raise ConfigError("alignment", alignment_id, "is not on record; `semtel align` records one when it has compared")
    if asked is None and len(names) > 1:
        raise ConfigError("candidate", None, f"must be one of {', '.join(names)}")
    if asked is not None and asked not in names:
        raise ConfigError("candidate", asked, f"was not compared by {alignment_id}, which has {', '.join(names)}")
    return asked or names[0]
