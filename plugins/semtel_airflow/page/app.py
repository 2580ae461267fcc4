"""The routes of the page. Each calls one function of `semtel_ops.page`, and requires a user who is signed in.

The functions are not coroutines: the server runs them in threads, so that a slow lake or ledger does not block Airflow's API.
"""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException, Request, Response

from semtel_airflow.page.access import MayReadText, ReaderOfText, may_see_the_page
from semtel_airflow.page.params import Classifier, Column, Label, Metric, Name, Offset, RunId, Week, only_known_parameters
from semtel_airflow.page.responses import (
    NEVER_KEEP,
    REPORT_POLICY,
    add_error_handlers,
    file_answer,
    json_answer,
    now,
    tagged,
)
from semtel_ops import __version__
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.errors import SemtelError
from semtel_ops.page import NotThereError, PageContext
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_to_read
from semtel_ops.store.ledger_outage import IMPATIENT
from semtel_ops.store.publication import pending

log = logging.getLogger(__name__)

STATIC = Path(__file__).resolve().parent / "static"
MEDIA = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = {path.name: path for path in sorted(STATIC.iterdir()) if path.suffix in MEDIA}
"""The files that a browser can request, by name."""

app = FastAPI(
    title="Semantic telemetry",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[may_see_the_page, Depends(only_known_parameters)],
)
add_error_handlers(app)


class NoRunsError(NotThereError):
    """No run has been recorded yet: there is no ledger."""


def source() -> PageContext:
    """Ledger, lake and prompts of this installation.

    Raises:
        NoRunsError: there is no ledger yet.
    """
    settings = Settings.from_env()
    context = PageContext(_ledger(settings.database_url.get_secret_value()), Lake(settings.lake), settings.prompts)
    if pending(context.lake):
        _settle(settings)
    return context


def _settle(settings: Settings) -> None:
    """Complete a publication that was killed. A page that may not write shows what there is."""
    try:
        open_settled(settings, IMPATIENT).close()
    except (OSError, SemtelError) as error:
        log.warning("an unfinished publication was left to the next step: %s", error)


@lru_cache(maxsize=2)
def _ledger(url: str) -> Ledger:
    """The ledger, with one engine per process. An error is not cached: the next call looks for the ledger again."""
    ledger = open_to_read(url)
    if ledger is None:
        raise NoRunsError("no run has been recorded yet")
    return ledger


Source = Annotated[PageContext, Depends(source)]


@app.get("/page")
def page(request: Request) -> Response:
    """The page itself; its scripts fetch the views."""
    return _file(request, "page.html")


@app.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """A file of the page."""
    return _file(request, name)


@app.get("/api/start")
def start(user: GetUserDep, may_read: MayReadText) -> Response:
    """What every view needs: the user, the weeks on record and the latest week. Without a run, there are no weeks."""
    from semtel_ops.page.weeks import known_weeks, latest_week

    common: dict[str, Any] = {"reader": user.get_name(), "may_read_text": may_read, "version": __version__}
    try:
        context = source()
    except NoRunsError:
        return json_answer({**common, "weeks": [], "week": None})
    return json_answer({**common, "weeks": known_weeks(context), "week": latest_week(context)})


@app.get("/api/week")
def week_of(source: Source, week: Week) -> Response:
    from semtel_ops.page.weeks import week_view

    return json_answer(week_view(source, week))


@app.get("/api/over-time")
def over_time_of(source: Source, classifier: Classifier, until: Week) -> Response:
    from semtel_ops.page.history import over_time

    return json_answer(over_time(source, classifier, until))


@app.get("/api/runs")
def runs(source: Source) -> Response:
    from semtel_ops.page.runs import runs_view

    return json_answer(runs_view(source))


@app.get("/api/run")
def run(source: Source, week: Week, run_id: RunId) -> Response:
    from semtel_ops.page.runs import run_view

    return json_answer(run_view(source, week, run_id))


@app.get("/api/quality")
def quality(source: Source, until: Week | None = None) -> Response:
    from semtel_ops.page.quality import quality_view

    return json_answer(quality_view(source, until))


@app.get("/api/quarantine")
def quarantine(source: Source, week: Week, run_id: RunId, reason: Name | None = None, offset: Offset = 0) -> Response:
    from semtel_ops.page.quarantine import quarantine_view

    return json_answer(quarantine_view(source, week, run_id, reason=reason, offset=offset))


@app.get("/api/unlabelled")
def unlabelled(source: Source, may_read: MayReadText, week: Week, run_id: RunId, offset: Offset = 0) -> Response:
    from semtel_ops.page.quarantine import unlabelled_view

    return json_answer(unlabelled_view(source, week, run_id, offset=offset, may_read_text=may_read))


@app.get("/api/conversation")
def conversation(source: Source, reader: ReaderOfText, week: Week, conversation_id: Name) -> Response:
    """The text of a conversation. No cache keeps it, and every access is logged."""
    from semtel_ops.page.conversation import conversation_view

    view = conversation_view(source, week, conversation_id)
    log.info("%s read conversation %s of week %s", reader, shown_id(conversation_id), week)
    return json_answer(view, keep=NEVER_KEEP)


@app.get("/api/batches")
def batches(source: Source, week: Week | None = None, run_id: RunId | None = None) -> Response:
    from semtel_ops.page.batches import batches_view

    return json_answer(batches_view(source, now=now(), week=week, run_id=run_id))


@app.get("/api/classifiers")
def classifiers(source: Source) -> Response:
    from semtel_ops.page.classifiers import classifiers_view

    return json_answer(classifiers_view(source))


@app.get("/api/models")
def models(source: Source) -> Response:
    from semtel_ops.page.models import models_view

    return json_answer(models_view(source, now().date()))


@app.get("/chart/share")
def share_chart(request: Request, source: Source, week: Week, classifier: Classifier) -> Response:
    from semtel_ops.page.chart_views import share_drawing

    return _drawing(request, share_drawing(source, week, classifier))


@app.get("/chart/change")
def change_chart(request: Request, source: Source, week: Week, column: Column) -> Response:
    from semtel_ops.page.chart_views import change_drawing

    return _drawing(request, change_drawing(source, week, column))


@app.get("/chart/slice")
def slice_chart(request: Request, source: Source, week: Week, by: Classifier) -> Response:
    from semtel_ops.page.chart_views import slice_drawing

    return _drawing(request, slice_drawing(source, week, by))


@app.get("/chart/label")
def label_chart(request: Request, source: Source, until: Week, classifier: Classifier, label: Label) -> Response:
    from semtel_ops.page.chart_views import label_drawing

    return _drawing(request, label_drawing(source, until, classifier, label))


@app.get("/chart/runs")
def runs_chart(request: Request, source: Source, metric: Metric) -> Response:
    from semtel_ops.page.chart_views import runs_drawing

    return _drawing(request, runs_drawing(source, metric))


@app.get("/chart/shards")
def shards_chart(request: Request, source: Source, week: Week, run_id: RunId) -> Response:
    from semtel_ops.page.chart_views import shards_drawing

    return _drawing(request, shards_drawing(source, week, run_id))


@app.get("/chart/limits")
def limits_chart(request: Request, source: Source, week: Week, run_id: RunId, endpoint: Name) -> Response:
    from semtel_ops.page.chart_views import limits_drawing

    return _drawing(request, limits_drawing(source, week, run_id, endpoint))


@app.get("/chart/labellers")
def labellers_chart(request: Request, source: Source, classifier: Classifier) -> Response:
    from semtel_ops.page.chart_views import labellers_drawing

    return _drawing(request, labellers_drawing(source, classifier))


@app.get("/report")
def report(request: Request, source: Source, week: Week, run_id: RunId) -> Response:
    """The report that was written with a run."""
    from semtel_ops.page.runs import kept_report

    body = kept_report(source, week, run_id)
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return tagged(request, tag) or file_answer(body, MEDIA[".html"], tag, REPORT_POLICY)


@app.get("/alignment")
def alignment_page(request: Request, source: Source, alignment: Name) -> Response:
    """The page of an alignment."""
    from semtel_ops.page.alignments import kept_alignment

    body = kept_alignment(source, alignment)
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return tagged(request, tag) or file_answer(body, MEDIA[".html"], tag, REPORT_POLICY)


@app.get("/{anything:path}")
def nothing(anything: str) -> Response:  # noqa: ARG001 - the path's parameter
    """Any other path. A user who is not signed in is refused before the 404."""
    raise HTTPException(404, "no such page")


def _drawing(request: Request, drawing: Any) -> Response:
    return tagged(request, drawing.tag) or file_answer(drawing.svg(), MEDIA[".svg"], drawing.tag)


def _file(request: Request, name: str) -> Response:
    path = FILES.get(name)
    if path is None:
        raise HTTPException(404, "no such file")
    body = path.read_bytes()
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return tagged(request, tag) or file_answer(body, MEDIA[path.suffix], tag)
