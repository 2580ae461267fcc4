import json
from datetime import UTC, datetime

import pytest

from semtel_ops.cli.demo.plan import planned_runs
from semtel_ops.errors import ConfigError

NOW = datetime(2026, 11, 25, tzinfo=UTC)  # a Wednesday of week 48


@pytest.fixture
def sample(folder):
    """A shipped sample of two weeks, out of order, and a record without a date."""

    def record(name, started):
        return {"conversation_id": name, "started_at": started, "messages": [{"role": "user", "content": f"hello {name}"}]}

    lines = [record("b", "2026-10-07T10:00:00Z"), record("a", "2026-09-30T10:00:00Z"), record("c", None)]
    path = folder.sample / "conversations.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def planned(folder, *, source=None, week=None, sample_size=None):
    return planned_runs(folder, source=source, week=week, sample_size=sample_size, now=NOW)


def test_the_sample_runs_its_weeks_oldest_first(folder, sample):
    runs = planned(folder)
    assert [run.week for run in runs] == ["2026-W40", "2026-W41"]
    assert runs[0].conf == {"week": "2026-W40", "source": str(folder.sample), "dates": "respect"}


def test_a_persons_files_are_the_last_complete_week_whatever_their_dates(folder, sample):
    (run,) = planned(folder, source=str(sample))
    assert run.conf == {"week": "2026-W47", "source": str(sample), "dates": "ignore"}


def test_a_named_week_goes_by_the_dates(folder, sample):
    (run,) = planned(folder, source=str(sample), week="2026-W40", sample_size=7)
    assert run.conf == {"week": "2026-W40", "source": str(sample), "dates": "respect", "sample_size": 7}


def test_a_lane_is_asked_for_as_in_the_form(folder, sample):
    runs = planned_runs(folder, source=None, week=None, sample_size=None, lane="batch", now=NOW)
    assert [run.conf["lane"] for run in runs] == ["batch", "batch"]


def test_a_model_that_is_no_simulator_gets_the_last_week_and_a_limit(folder, sample):
    (run,) = planned_runs(folder, source=None, week=None, sample_size=25, budget_usd=1.0, last_only=True, now=NOW)
    assert run.week == "2026-W41"
    assert run.conf["sample_size"] == 25
    assert run.conf["max_cost_usd"] == 1.0


@pytest.mark.parametrize("source", ["s3://bucket/chats", "chats/*.jsonl"])
def test_urls_and_globs_are_left_to_the_run(folder, source):
    assert planned(folder, source=source)[0].conf["source"] == source


@pytest.mark.parametrize(("source", "week"), [("not/there", None), ("a,b", None), (None, "2026-W60"), (None, "last")])
def test_what_cannot_be_run_is_refused_before_anything_starts(folder, source, week):
    with pytest.raises(ConfigError):
        planned(folder, source=source, week=week)


def test_a_sample_without_dates_is_refused(folder):
    (folder.sample / "x.jsonl").write_text('{"messages": [{"role": "user", "content": "hi"}]}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="no conversation with a date"):
        planned(folder)
