"""The offer to label earlier weeks again with a new labeller, with its price."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from semtel_ops.humanize import count, estimate
from semtel_ops.runs.documents import BridgeDocument
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import ledger_of
from semtel_ops.store.files import list_files, read_json
from semtel_ops.store.parquet import claimed_rows

_WEEKS = 52
_REASON = "new labeller"


@dataclass(frozen=True, slots=True)
class RelabelOffer:
    """How earlier weeks can be labelled again.

    Attributes:
        sentence: with the command and the cost.
        form: the same as fields of the reprocess form.
    """

    sentence: str
    form: Mapping[str, str]


def relabel_offer(plan: RunPlan) -> RelabelOffer | None:
    """The offer of a run with a bridge; None for other runs.

    The cost is that of the bridge's conversations, extrapolated to all conversations of the published weeks whose text is
    still in the lake.
    """
    document: BridgeDocument | None = read_json(plan.folder.bridge, needed=False)
    if document is None or not any(entry["m"] for entry in document["classifiers"]) or not plan.ledger:
        return None
    with ledger_of(plan) as ledger:
        weeks = ledger.published_weeks_before(plan.week, _WEEKS)
    sampled = {week: _conversations(plan, week) for week in weeks}
    kept = sorted(week for week, rows in sampled.items() if rows)
    if not kept:
        return None
    rows = sum(sampled.values())
    cost = None if document["cost_usd"] is None else document["cost_usd"] / max(1, document["conversations"]) * rows
    names = ",".join(entry["classifier"] for entry in document["classifiers"])
    until = ["--until", kept[-1]] if len(kept) > 1 else []
    command = ["semtel", "reprocess", "--week", kept[0], *until, "--rows", "all", "--classifiers", names]
    weeks_kept = "earlier week" if len(kept) == 1 else f"{len(kept)} earlier weeks"
    form = {"week": kept[0], "until": "".join(until[1:]), "rows": "all", "classifiers": names, "reason": _REASON}
    sentence = (
        f"The {weeks_kept} with {count(rows, 'conversation')} can be labelled again by the new labeller ({estimate(cost)}): "
        f"{shlex.join([*command, '--reason', _REASON])}"
    )
    return RelabelOffer(sentence, form)


def _conversations(plan: RunPlan, week: str) -> int:
    return sum(claimed_rows(url) or 0 for url in list_files(plan.paths.conversations_folder(week), ".parquet"))
