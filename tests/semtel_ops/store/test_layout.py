from semtel_ops.store.layout import Lake


def test_a_run_id_of_airflow_becomes_a_folder_name() -> None:
    folder = Lake("s3://lake/").run("2026-W47", "scheduled__2026-11-16T00:00:00+00:00")

    assert folder.totals == "s3://lake/runs/week=2026-W47/run=scheduled__2026-11-16T00-00-00-00-00/totals.json"


def test_files_of_a_shard_are_named_so_that_names_sort_as_numbers() -> None:
    folder = Lake("/lake").run("2026-W47", "r1")

    assert folder.landed(7) == "/lake/landed/week=2026-W47/run=r1/shard=0007.parquet"
    assert folder.limits(12) == "/lake/runs/week=2026-W47/run=r1/limits/shard=0012.json"
    assert folder.batches(3) == "/lake/batches/week=2026-W47/run=r1/shard=0003"


def test_runs_of_a_week_share_its_sample_and_its_report_but_not_their_own_report() -> None:
    one, other = (Lake("/lake").run("2026-W47", run_id) for run_id in ("r1", "r2"))

    assert one.conversations(0) == other.conversations(0) == "/lake/conversations/week=2026-W47/shard=0000.parquet"
    assert one.week_report == other.week_report == "/lake/reports/week=2026-W47/report.html"
    assert one.report == "/lake/reports/week=2026-W47/run=r1/report.html"
    assert one.report != other.report
