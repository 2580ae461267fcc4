import pytest

from semtel_ops.quality.assessment import Evidence, assess
from semtel_ops.quality.counts import AllowedLabels, RowCounts, count_columns, count_rows_by_classifier
from semtel_ops.quality.frames import RunCounts
from semtel_ops.quality.gx import Validator
from semtel_ops.settings import QualityConfig
from semtel_ops.store.layout import Lake
from tests.support.landed import DEFAULT_LABELS, make_landed_rows, write_landed

LABELS = {name: DEFAULT_LABELS[name] for name in ("topic", "knowledge_work")}


@pytest.fixture
def allowed():
    return tuple(AllowedLabels(name, tuple(labels)) for name, labels in LABELS.items())


@pytest.fixture
def rows():
    """Rows of two classifiers, all successes unless asked otherwise."""

    def make(conversations=100, success=1.0, **arguments):
        return make_landed_rows(conversations=conversations, success=success, labels=LABELS, **arguments)

    return make


@pytest.fixture
def land(tmp_path):
    return lambda rows: write_landed(Lake(str(tmp_path / "lake")), rows)


@pytest.fixture
def judge(tmp_path, land, allowed):
    """Assess rows, or files, and return the results by (check, classifier)."""

    def run(rows, *, urls=None, changes=(), config=None, labels=allowed, docs=False, **counts):
        urls = land(rows) if urls is None else urls
        columns = count_columns(urls)
        countable = all(column.matches for column in columns)
        sampled = len({row["conversation_id"] for row in rows})
        evidence = Evidence(
            week="2026-W47",
            urls=tuple(urls),
            allowed=labels,
            columns=tuple(columns),
            rows=count_rows_by_classifier(urls, labels) if countable else RowCounts(0, 0, ()),
            changes=tuple(changes),
            counts=RunCounts(**{"sampled": sampled, "population": 1000, "quarantined": 0, "cost_usd": 0.1, **counts}),
        )
        folder = tmp_path / "docs"
        folder.mkdir(exist_ok=True)
        suites = Validator("manual", str(folder))
        results = assess(evidence, config or QualityConfig(), suites)
        if docs:
            suites.build_docs()
        return {(result.id, result.classifier): result for result in results}

    return run
