"""The page at a year of weeks: milliseconds of every view and of every kind of chart, and bytes sent.

    python tests/benchmarks/bench_page.py

52 weeks × 7 classifiers, 53 runs of 12 shards, a SQLite ledger; each is the median of 9. Charts: values alone (what a browser
that has the chart already waits for), and the first drawing.

2026-11-23, two cores shared with others:
  start 1 ms, week 10, over time 5, runs 2, run 5, quality 9, batches 1, classifiers 71 (reads the prompt files); 2–42 kB
  charts 2–11 ms by their values, 36–135 ms drawn for the first time, 5–26 kB

2026-11-28, two cores under a load of 4 to 6, beside a browser:
  models 59 ms, 24 kB; week 104, over time 65, classifiers 149
  labellers 29 ms by their values, 212 ms drawn for the first time, 8 kB
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from semtel_ops.page import PageContext
from semtel_ops.page.batches import batches_view
from semtel_ops.page.chart_views import (
    Drawing,
    change_drawing,
    label_drawing,
    labellers_drawing,
    runs_drawing,
    shards_drawing,
    share_drawing,
    slice_drawing,
)
from semtel_ops.page.classifiers import classifiers_view
from semtel_ops.page.history import over_time
from semtel_ops.page.models import models_view
from semtel_ops.page.quality import quality_view
from semtel_ops.page.runs import run_view, runs_view
from semtel_ops.page.weeks import known_weeks, week_view
from semtel_ops.store.layout import Lake
from semtel_ops.store.ledger_open import open_ledger, open_to_read
from tests.support.ledger_year import LAST_WEEK, run_of, write_year

RUN = run_of(LAST_WEEK)
PROMPTS = Path(__file__).resolve().parents[2] / "include/prompts"
VIEWS: dict[str, Callable[[PageContext], Any]] = {
    "start": known_weeks,
    "week": lambda source: week_view(source, LAST_WEEK),
    "over time": lambda source: over_time(source, "topic", LAST_WEEK),
    "runs": runs_view,
    "run": lambda source: run_view(source, LAST_WEEK, RUN),
    "quality": quality_view,
    "batches": lambda source: batches_view(source, now=datetime.now(UTC)),
    "classifiers": classifiers_view,
    "models": lambda source: models_view(source, datetime.now(UTC).date()),
}
CHARTS: dict[str, Callable[[PageContext], Drawing]] = {
    "share": lambda source: share_drawing(source, LAST_WEEK, "topic"),
    "change": lambda source: change_drawing(source, LAST_WEEK, 0),
    "slice": lambda source: slice_drawing(source, LAST_WEEK, "topic"),
    "label, 52 weeks": lambda source: label_drawing(source, LAST_WEEK, "topic", "technology"),
    "labellers": lambda source: labellers_drawing(source, "topic"),
    "runs, 52 weeks": lambda source: runs_drawing(source, "cost_usd"),
    "shards": lambda source: shards_drawing(source, LAST_WEEK, RUN),
}


def median_ms(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(9):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1_000 * statistics.median(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/ledger.db"
        with open_ledger(url) as ledger:
            write_year(ledger, prompts=PROMPTS)
        ledger = open_to_read(url)
        assert ledger is not None
        source = PageContext(ledger, Lake(f"{folder}/lake"), PROMPTS)
        for name, view in VIEWS.items():
            size = len(orjson.dumps(view(source), default=str, option=orjson.OPT_NON_STR_KEYS))
            print(f"  {name:16} {median_ms(lambda view=view: view(source)):6.1f} ms  {size / 1000:6.1f} kB")
        CHARTS["share"](source).svg()  # starts the engine that draws
        for name, chart in CHARTS.items():
            drawing = chart(source)
            start = time.perf_counter()
            size = len(drawing._draw())
            drawn = 1_000 * (time.perf_counter() - start)
            print(
                f"  {name:16} {median_ms(lambda chart=chart: chart(source)):6.1f} ms  {size / 1000:6.1f} kB, drawn {drawn:4.0f} ms"
            )


if __name__ == "__main__":
    main()
