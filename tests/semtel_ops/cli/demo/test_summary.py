import io

from rich.console import Console

from semtel_ops.cli.demo.own_endpoints import OwnEndpoints
from semtel_ops.cli.demo.summary import RunSummary, print_summary, read_summary
from semtel_ops.store.files import write_json
from semtel_ops.store.layout import Lake

TOTALS = {
    "sampled": 1000,
    "landed_rows": 7000,
    "expected_rows": 7000,
    "by_status": {"success": 6990, "error": 10},
    "cost_usd": 0.42,
}


def test_totals_are_read_where_gather_leaves_them(folder):
    write_json(Lake(str(folder.lake)).run("2026-W40", "demo__x").totals, TOTALS)
    outcome = read_summary(folder, "2026-W40", "demo__x", state="success", seconds=31.7)
    assert outcome.good
    assert outcome.line == "1,000 conversations, 7,000 labels, $0.42, 32 s"


def test_a_run_that_failed_early_has_no_totals_and_says_so(folder):
    outcome = read_summary(folder, "2026-W40", "demo__x", state="failed", seconds=4)
    assert not outcome.good
    assert outcome.line == "failed after 4 s"


def test_at_the_end_counts_cost_and_places_are_told(folder):
    report = folder.lake / "reports" / "week=2026-W40" / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()
    out = io.StringIO()
    told = [RunSummary("2026-W40", "demo__x", "success", 31.7, TOTALS)]
    print_summary(Console(file=out, width=140), folder, told, url="http://127.0.0.1:8080")
    for words in (
        "7,000 of 7,000",
        "6,990 success, 10 error",
        "$0.42",
        report.as_uri(),
        "http://127.0.0.1:8080",
        "no language model is involved",
    ):
        assert words in out.getvalue()


def test_labels_of_a_model_are_not_called_the_simulators(folder, tmp_path):
    out = io.StringIO()
    mine = OwnEndpoints(tmp_path / "my.yaml", ("mine: llama at 127.0.0.1:11434",), frozenset(), None)
    told = [RunSummary("2026-W40", "demo__x", "success", 31.7, TOTALS)]
    print_summary(Console(file=out, width=140), folder, told, url="http://127.0.0.1:8080", endpoints=mine)
    assert "Labels come from mine: llama at 127.0.0.1:11434." in out.getvalue()
    assert "simulator" not in out.getvalue()


def test_small_sums_keep_their_digits_and_unknown_prices_are_called_unknown(folder):
    cheap = RunSummary("2026-W40", "r", "success", 1, TOTALS | {"cost_usd": 0.027})
    unknown = RunSummary("2026-W40", "r", "success", 1, TOTALS | {"cost_usd": None})
    assert "$0.027," in cheap.line
    assert "cost unknown" in unknown.line
