"""What the ledger says about labellers: who labelled which week, and which labellers were found to be the same."""

from collections.abc import Mapping, Sequence

from semtel_ops.bridging.comparability import Agreed, Part
from semtel_ops.bridging.relabelled import BridgedLabel, RecordedBridge
from semtel_ops.evaluation.bridge import BridgedChange
from semtel_ops.evaluation.intervals import Difference, Share
from semtel_ops.evaluation.paired import PairedChange
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.bridge_ledger import BridgeLedger, BridgeRow
from semtel_ops.store.labeller_ledger import LabellerLedger
from semtel_ops.store.ledger import Ledger

WeekLabellers = Mapping[str, Sequence[Part]]
"""Classifier → who labelled a week, who labelled most first."""


def labelled_weeks(ledger: Ledger, weeks: Sequence[str]) -> dict[str, dict[str, list[Part]]]:
    """Week → classifier → who labelled it. Weeks of a release that did not record labellers are absent."""
    labellers = LabellerLedger(ledger)
    rows = labellers.of_weeks(weeks)
    versions = {record.labeller: record.version for record in labellers.labellers(sorted({row.labeller for row in rows}))}
    found: dict[str, dict[str, list[Part]]] = {}
    for row in rows:
        part = Part(row.labeller, row.model, row.served_model, versions.get(row.labeller), row.weight)
        found.setdefault(row.week, {}).setdefault(row.classifier, []).append(part)
    return found


def agreed_labellers(ledger: Ledger) -> Agreed:
    """The labellers that alignments found to be the same."""
    records = AlignmentLedger(ledger).records()
    return Agreed.of({(record.incumbent_labeller, record.candidate_labeller) for record in records if record.verdict == "same"})


def recorded_bridges(ledger: Ledger, week: str) -> dict[str, RecordedBridge]:
    """Classifier → its bridge to a published week."""
    rows: dict[str, list[BridgeRow]] = {}
    for row in BridgeLedger(ledger).rows([week]):
        rows.setdefault(row.classifier, []).append(row)
    return {
        classifier: RecordedBridge(
            classifier=classifier,
            week=found[0].week_before,
            before=found[0].labeller_before,
            now=found[0].labeller,
            m=found[0].m,
            labels={row.label: bridged_label(row) for row in found},
        )
        for classifier, found in rows.items()
    }


def bridged_label(row: BridgeRow) -> BridgedLabel:
    """A label's change over a bridge, as it was published."""
    seen = Share(row.seen_before, row.seen_low, row.seen_high, round(row.seen_effective_n), row.seen_effective_n)
    labeller = PairedChange(
        row.labeller_change, row.labeller_low, row.labeller_high, row.labeller_p, row.m, row.only_before, row.only_now
    )
    users = Difference(row.users_change, row.users_low, row.users_high, row.users_p)
    published = Share(row.share_before, row.share_before, row.share_before, 0, 0.0)
    return BridgedLabel(row.label, published, BridgedChange(labeller, seen, users))
