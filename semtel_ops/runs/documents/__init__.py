"""The JSON documents of a run's folder, typed: what steps write for later steps and for people.

Their keys are described here, and the data dictionary (docs/reference/data.md) is generated from these descriptions. Money is
USD, times are seconds since 1970 UTC and durations seconds, unless a key says otherwise.

Here: types alone, one module for each family of documents. Not here: who writes them (`steps`,
`shards`) or where (`store.layout`).
"""

from semtel_ops.runs.documents.alignment import AlignmentForecast, LabellerForecast
from semtel_ops.runs.documents.bridge import BridgeCost, BridgedClassifier, BridgeDocument, BridgeForecast, RelabelledRows
from semtel_ops.runs.documents.classify import ClassifyManifest
from semtel_ops.runs.documents.correction import CorrectedWeek, CorrectManifest
from semtel_ops.runs.documents.experiment import CellForecast, ExperimentConclusions, ExperimentForecast, RecommendationDocument
from semtel_ops.runs.documents.forget import ErasedPlace, ForgetReceipt, PendingFile, ProviderFile
from semtel_ops.runs.documents.lanes import (
    BatchPaceDocument,
    LaneGroup,
    LaneResults,
    LanesDocument,
    LaneSums,
    PaceDocument,
    RescueSums,
)
from semtel_ops.runs.documents.limits import EndpointState, LimitChange, LimitsDocument
from semtel_ops.runs.documents.quality import CheckDocument, QualityDocument
from semtel_ops.runs.documents.refusals import RefusalCount, RefusalsDocument
from semtel_ops.runs.documents.reprocess import ChangeCounts, ReprocessDocument
from semtel_ops.runs.documents.retention import CleanedKind, CleanManifest
from semtel_ops.runs.documents.sample import (
    FrozenSetDocument,
    PartsDocument,
    QuarantineLine,
    QuarantineSum,
    SampleDocument,
)
from semtel_ops.runs.documents.statistics import CoefficientDocument, GoldDocument, ShareDocument
from semtel_ops.runs.documents.totals import (
    CleaningCounts,
    EndpointTotals,
    ForecastDocument,
    GradingSummary,
    LandedTotals,
    StrategyDocument,
    StrategySummary,
    TotalsDocument,
)

__all__ = [
    "AlignmentForecast",
    "BatchPaceDocument",
    "BridgeCost",
    "BridgeDocument",
    "BridgeForecast",
    "BridgedClassifier",
    "CellForecast",
    "ChangeCounts",
    "CheckDocument",
    "ClassifyManifest",
    "CleanManifest",
    "CleanedKind",
    "CleaningCounts",
    "CoefficientDocument",
    "CorrectManifest",
    "CorrectedWeek",
    "EndpointState",
    "EndpointTotals",
    "ErasedPlace",
    "ExperimentConclusions",
    "ExperimentForecast",
    "ForecastDocument",
    "ForgetReceipt",
    "FrozenSetDocument",
    "GoldDocument",
    "GradingSummary",
    "LabellerForecast",
    "LandedTotals",
    "LaneGroup",
    "LaneResults",
    "LaneSums",
    "LanesDocument",
    "LimitChange",
    "LimitsDocument",
    "PaceDocument",
    "PartsDocument",
    "PendingFile",
    "ProviderFile",
    "QualityDocument",
    "QuarantineLine",
    "QuarantineSum",
    "RecommendationDocument",
    "RefusalCount",
    "RefusalsDocument",
    "RelabelledRows",
    "ReprocessDocument",
    "RescueSums",
    "SampleDocument",
    "ShareDocument",
    "StrategyDocument",
    "StrategySummary",
    "TotalsDocument",
]
