"""Each classifier's definition, and how well its replies could be parsed."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from semtel_ops.classifiers import ClassifierSpec, load_classifier
from semtel_ops.errors import SemtelError
from semtel_ops.humanize import title
from semtel_ops.page.context import PageContext
from semtel_ops.prompts import find_prompt, prompt_ids
from semtel_ops.store import sql_engine
from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.files import list_files
from semtel_ops.store.ledger_rows import RunRecord
from semtel_ops.store.ledger_tables import RunState, run, weekly_share

EXPERIMENTS_SHOWN = 12
"""Maximum number of experiments per classifier; the latest are shown."""


def classifiers_view(source: PageContext) -> dict[str, Any]:
    """Every classifier: its definition, the versions of its published labels, and how well the latest replies were parsed."""
    latest = _latest(source)
    health = {} if latest is None else _health(source, latest)
    history = _versions(source)
    experiments = _experiments(source)
    ids = prompt_ids(source.prompts) if source.prompts.is_dir() else ()
    return {
        "week": latest and latest.week,
        "run_id": latest and latest.run_id,
        "classifiers": [
            {
                **_definition(source, classifier),
                "versions": history.get(classifier, []),
                "health": health.get(classifier),
                "experiments": experiments.get(classifier, []),
            }
            for classifier in source.ordered([*ids, *history])
        ],
    }


def _definition(source: PageContext, classifier: str) -> dict[str, Any]:
    try:
        spec = load_classifier(find_prompt(source.prompts, classifier))
    except SemtelError:
        return {"id": classifier, "name": title(classifier), "problem": "its prompt file is missing or unreadable"}
    return _described(spec)


def _described(spec: ClassifierSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "name": spec.name,
        "description": spec.description,
        "version": spec.version,
        "source": spec.source,
        "kind": str(spec.kind),
        "kind_title": spec.answer_kind.title,
        "label_word": "item" if spec.answer_kind.items else "label",
        "fingerprint": spec.fingerprint,
        "labels": [
            {"id": label.id, "name": label.name, "definition": label.definition, "group": label.group} for label in spec.labels
        ],
    }


def _latest(source: PageContext) -> RunRecord | None:
    """The published run of the latest published week."""
    query = select(run.c.week).where(run.c.state == RunState.PUBLISHED).order_by(run.c.week.desc()).limit(1)
    with source.ledger.read() as connection:
        week = connection.execute(query).scalar_one_or_none()
    return None if week is None else source.ledger.published_run(week)


def _versions(source: PageContext) -> dict[str, list[dict[str, str]]]:
    """Classifier → its versions with the first and last published week of each, oldest first."""
    columns = (weekly_share.c.classifier, weekly_share.c.week, weekly_share.c.classifier_version)
    query = select(*columns).where(weekly_share.c.level == "label").distinct().order_by(*columns[:2])
    versions: dict[str, list[dict[str, str]]] = {}
    with source.ledger.read() as connection:
        for classifier, week, version in connection.execute(query):
            spans = versions.setdefault(classifier, [])
            if spans and spans[-1]["version"] == (version or ""):
                spans[-1]["last"] = week
            else:
                spans.append({"version": version or "", "first": week, "last": week})
    return versions


def _health(source: PageContext, latest: RunRecord) -> dict[str, dict[str, Any]]:
    urls = tuple(list_files(source.lake.run(latest.week, latest.run_id).labels_folder, ".parquet"))
    return _counted(urls, latest.finished_at) if urls else {}


def _experiments(source: PageContext) -> dict[str, list[dict[str, Any]]]:
    """Classifier → its latest measurements: agreement of a strategy with plain requests or golden labels."""
    names = (
        "experiment_id", "cell", "model", "baseline", "kappa", "kappa_low", "kappa_high", "n", "agreement", "flip_share",
        "invalid_share", "cost_per_1000_usd", "simulated", "measured_at",
    )  # fmt: skip
    experiments: dict[str, list[dict[str, Any]]] = {}
    for record in ExperimentLedger(source.ledger).records():
        shown = experiments.setdefault(record.classifier, [])
        if len(shown) < EXPERIMENTS_SHOWN:
            shown.append({name: getattr(record, name) for name in names})
    return experiments


@lru_cache(maxsize=8)
def _counted(urls: tuple[str, ...], _finished_at: datetime | None) -> dict[str, dict[str, Any]]:
    """Classifier → rows by status and by how the label was matched. Cached: the rows of a finished run do not change."""
    with sql_engine.connect() as con:
        sql_engine.read(con, "label_rows", urls, ("classifier", "status", "matched_by"))
        rows = list(sql_engine.records(con, _COUNTS))
    health_of: dict[str, dict[str, Any]] = {}
    for row in rows:
        health = health_of.setdefault(row["classifier"], {"rows": 0, "by_status": {}, "matched_by": {}})
        health["rows"] += row["n"]
        health["by_status"][row["status"]] = health["by_status"].get(row["status"], 0) + row["n"]
        if row["matched_by"] is not None:
            health["matched_by"][row["matched_by"]] = health["matched_by"].get(row["matched_by"], 0) + row["n"]
    return health_of


_COUNTS = """
select classifier, status, matched_by, count(*) as n from label_rows
group by classifier, status, matched_by order by n desc
"""
