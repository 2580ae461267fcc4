"""The routes of the labelling page. Each calls one function of `semtel_ops.steps.gold_session`, for a user who may read text.

The functions are not coroutines: the server runs them in threads, so that a slow lake or ledger does not block Airflow's API.
No route has text in its address, and none is kept by a cache. Every conversation that is shown is logged with its reader.
"""

import hashlib
import logging
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response

from semtel_airflow.gold_page.bodies import AnswerBody, from_the_page
from semtel_airflow.page.access import MayReadText, ReaderOfText, may_see_the_page
from semtel_airflow.page.params import Classifier, Name, only_known_parameters
from semtel_airflow.page.responses import NEVER_KEEP, add_error_handlers, file_answer, json_answer, now, tagged
from semtel_ops import __version__
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.errors import ConfigError
from semtel_ops.page import NotThereError
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.steps.gold_session import Given, GoldSession, UnknownDrawError, draws_view
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_to_read
from semtel_ops.store.ledger_outage import IMPATIENT

log = logging.getLogger(__name__)

_OWN = Path(__file__).resolve().parent / "static"
_PAGES = Path(__file__).resolve().parent.parent / "page" / "static"
_SHARED = ("page.css", "dom.js", "format.js", "api.js", "theme.js", "icon.svg")
MEDIA = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
FILES = {path.name: path for path in sorted(_OWN.iterdir()) if path.suffix in MEDIA} | {name: _PAGES / name for name in _SHARED}
"""The files that a browser can request, by name."""

app = FastAPI(
    title="Gold labels",
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
    dependencies=[may_see_the_page, Depends(only_known_parameters)],
)
add_error_handlers(app)

DrawId = Annotated[str, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$", description="must be the id of a draw")]


@app.exception_handler(UnknownDrawError)
def _not_found(_request: Request, error: UnknownDrawError) -> Response:
    return json_answer({"error": str(error)}, keep=NEVER_KEEP, status=404)


def gold_ledger() -> GoldLedger:
    """The gold labels of this installation, opened for writing.

    Raises:
        NotThereError: no run has been recorded yet, so there is nothing to label.
    """
    settings = Settings.from_env()
    return GoldLedger(_ledger(settings.database_url.get_secret_value(), settings.lake))


@lru_cache(maxsize=2)
def _ledger(url: str, lake: str) -> Ledger:
    """The ledger, with one engine per process. An error is not cached: the next call looks for the ledger again."""
    found = open_to_read(url)
    if found is None:
        raise NotThereError("no run has been recorded yet")
    found.close()
    return open_settled(Settings.from_env().model_copy(update={"lake": lake}), IMPATIENT)


Gold = Annotated[GoldLedger, Depends(gold_ledger)]


def session(gold: Gold, reader: ReaderOfText, draw_id: DrawId, classifier: Classifier) -> GoldSession:
    """Labelling a draw by a classifier, as the user who is signed in."""
    return _session(gold, reader, draw_id, classifier)


Session = Annotated[GoldSession, Depends(session)]


def _session(gold: GoldLedger, reader: str, draw_id: str, classifier: str) -> GoldSession:
    settings = Settings.from_env()
    try:
        return GoldSession(gold, Lake(settings.lake), settings.prompts, draw_id=draw_id, classifier=classifier, person=reader)
    except ConfigError as error:
        log.warning("the classifier cannot be shown: %s", error)
        raise HTTPException(404, "that classifier has no prompt file that can be read; see the API server's log") from None


@app.get("/")
def page(request: Request) -> Response:
    """The page itself; its scripts fetch the rest."""
    return _file(request, "gold.html")


@app.get("/static/{name}")
def static(request: Request, name: str) -> Response:
    """A file of the page."""
    return _file(request, name)


@app.get("/api/draws")
def draws(user: GetUserDep, may_read: MayReadText) -> Response:
    """Every draw with its progress; for users who may read text, else the reason why there is nothing to do."""
    common: dict[str, Any] = {
        "reader": user.get_name(),
        "may_read_text": may_read,
        "version": __version__,
        "draws": [],
        "more": 0,
    }
    if not may_read:
        return json_answer(common, keep=NEVER_KEEP)
    try:
        gold = gold_ledger()
    except NotThereError:
        return json_answer(common, keep=NEVER_KEEP)
    return json_answer({**common, **draws_view(gold, str(user.get_name()))}, keep=NEVER_KEEP)


@app.get("/api/question")
def question(session: Session) -> Response:
    return json_answer(session.question(), keep=NEVER_KEEP)


@app.get("/api/next")
def next_one(session: Session, reader: ReaderOfText) -> Response:
    """The next conversation of this person, with its text."""
    return _shown(session.next(), reader)


@app.get("/api/previous")
def previous(session: Session, reader: ReaderOfText, before: Name | None = None) -> Response:
    """The conversation that this person labelled before, with its text."""
    return _shown(session.previous(before), reader)


@app.get("/api/conversation")
def conversation(session: Session, reader: ReaderOfText, conversation_id: Name) -> Response:
    """A conversation that this person has labelled, with everybody's labels."""
    item = session.conversation(conversation_id)
    return _shown({"item": item}, reader)


@app.get("/api/agreement")
def agreement(session: Session) -> Response:
    return json_answer(session.agreement(), keep=NEVER_KEEP)


@app.post("/api/label", dependencies=[Depends(from_the_page)])
def label(gold: Gold, reader: ReaderOfText, body: AnswerBody) -> Response:
    """Keep a label, and show the model's."""
    return _kept(lambda: _session(gold, reader, body.draw_id, body.classifier).label(_given(body), now()))


@app.post("/api/rule", dependencies=[Depends(from_the_page)])
def rule(gold: Gold, reader: ReaderOfText, body: AnswerBody) -> Response:
    """Decide between people who disagree."""
    return _kept(lambda: _session(gold, reader, body.draw_id, body.classifier).rule(_given(body), now()))


@app.get("/{anything:path}")
def nothing(anything: str) -> Response:  # noqa: ARG001 - the path's parameter
    """Any other path. A user who is not signed in is refused before the 404."""
    raise HTTPException(404, "no such page")


def _given(body: AnswerBody) -> Given:
    return Given(body.conversation_id, body.label, body.labels, body.skipped, body.seconds)


def _kept(call: Any) -> Response:
    try:
        return json_answer(call(), keep=NEVER_KEEP)
    except ConfigError as error:  # a label that the classifier does not have
        raise HTTPException(400, str(error)) from None


def _shown(view: dict[str, Any], reader: str) -> Response:
    item = view["item"]
    if item is not None:
        log.info("%s read conversation %s to label it", reader, shown_id(item["conversation_id"]))
    return json_answer(view, keep=NEVER_KEEP)


def _file(request: Request, name: str) -> Response:
    path = FILES.get(name)
    if path is None:
        raise HTTPException(404, "no such file")
    body = path.read_bytes()
    tag = hashlib.blake2b(body, digest_size=12).hexdigest()
    return tagged(request, tag) or file_answer(body, MEDIA[path.suffix], tag)
