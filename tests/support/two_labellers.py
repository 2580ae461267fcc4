"""Two weeks of the same questions: the first by one model, and what turns the endpoint to another for the second."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from semtel_ops.page.context import PageContext
from semtel_ops.page.weeks import week_view
from semtel_ops.runs.plan import RunPlan
from semtel_ops.settings import Settings
from semtel_ops.steps.plan import RunRequest, resolve
from semtel_ops.store.alignment_ledger import AlignmentLedger
from semtel_ops.store.files import list_files
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger import Ledger
from semtel_ops.store.ledger_open import open_ledger
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import SimulatedEndpoint
from tests.support.aligned_models import aligned
from tests.support.published_week import CLASSIFIERS, publish_week, week_settings, write_endpoints

A, B = "simulated-small", "simulated-large"
FIRST, NEXT = "2026-W47", "2026-W48"
ROWS = 60
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)


@dataclass(frozen=True)
class FirstWeek:
    """A published week of `ROWS` conversations by A, in a folder of its own."""

    folder: Path
    endpoint: SimulatedEndpoint
    include: Path

    def copy(self, folder: Path) -> "TwoWeeks":
        shutil.copytree(self.folder, folder)
        return TwoWeeks(folder, self.endpoint, week_settings(folder, self.endpoint.base_url, self.include))


class TwoWeeks:
    """A published week by A, and the week after it. The environment must name the ledger in `folder`."""

    def __init__(self, folder: Path, endpoint: SimulatedEndpoint, settings: Settings) -> None:
        self.folder, self.endpoint, self.settings = folder, endpoint, settings
        self.base_url = endpoint.base_url

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.settings.database_url.get_secret_value())

    @property
    def requests(self) -> int:
        """Requests for labels since `endpoint.clear_stats`."""
        return sum(self.endpoint.stats()["by_path"].get("chat/completions", {}).values())

    def configure(self, pipeline: str) -> None:
        (self.folder / "pipeline.yaml").write_text(pipeline, encoding="utf-8")
        self.settings = self.settings.model_copy(update={"pipeline": str(self.folder / "pipeline.yaml")})

    def turn(self, model: str = B, pipeline: str = "{}", **fields: Any) -> RunPlan:
        """Turn the endpoint to a model, and resolve the plan of the next week."""
        write_endpoints(self.folder, self.base_url, model=model)
        self.configure(pipeline)
        source = str(self.folder / f"chats-{FIRST}.jsonl")
        asked = RunRequest(**{"week": NEXT, "source": source, "classifiers": CLASSIFIERS, **fields})
        return resolve(asked, run_id="weekly", settings=self.settings)

    def align(self, **fields: Any) -> None:
        with self.ledger as ledger:
            AlignmentLedger(ledger).save("nov", aligned(ledger, FIRST, B, **fields))

    def adopt(self) -> None:
        """Adopt B, which an alignment has found to be shifted, and turn the endpoint to it."""
        self.align(verdict="shifted")
        with self.ledger as ledger:
            AlignmentLedger(ledger).adopt("nov", "sim", "ada", NOW)
        write_endpoints(self.folder, self.base_url, model=B)

    def label(self, week: str = NEXT, day: str = "25", **request: Any) -> RunPlan:
        """Label and publish a week of the same questions."""
        return publish_week(self.folder, self.settings, week=week, conversations=ROWS, day=day, **request)

    def landed(self, plan: RunPlan) -> list[dict[str, Any]]:
        """The rows that a run landed."""
        return [row for url in list_files(plan.folder.landed_folder, ".parquet") for row in read_rows(url)]

    def view(self, week: str) -> dict[str, Any]:
        """The week's view of the page."""
        with self.ledger as ledger:
            return week_view(PageContext(ledger, Lake(self.settings.lake), self.settings.prompts), week)
