"""A model over real sockets that changes behind its alias, is shut down, or thinks: noticed, told, and paid for as forecast."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from semtel_ops.alerts.context import AlertContext
from semtel_ops.clock import SystemClock
from semtel_ops.endpoints import Lane
from semtel_ops.runs.resources import Resources
from semtel_ops.simulator.config import SimulatorConfig
from semtel_ops.steps.frozen_set import freeze, set_root
from semtel_ops.steps.model_listing import look_at_models
from semtel_ops.steps.sentinels import run_sentinels
from semtel_ops.steps.set_run import forecast_set, label_set
from semtel_ops.store.parquet import read_rows
from semtel_ops.testing.simulated_endpoint import simulated_endpoint
from tests.support.published_week import publish_week, week_settings

DAY_S = 86_400.0
TODAY = date(2026, 12, 1)
ALIAS, MAY, NOV, THINKER = "simulated-latest", "simulated-may", "simulated-nov", "simulated-thinker"
# The newer model mistakes three quarters of what is knowledge work, and of what is not.
MODELS = {
    MAY: {},
    NOV: {"confusion": {"knowledge_work": {"yes": {"no": 0.75}, "no": {"yes": 0.75}}}},
    ALIAS: {"serves": [{"model": MAY}], "shutdown_date": "2026-12-14"},
    THINKER: {"reasoning": {"tokens": {"none": 0, "low": 150, "medium": 600}, "default": "medium"}},
}
BATCH = {"time_factor": 100_000, "validating_s": 1, "run_s": 1, "finalizing_s": 1}
CONFIG = {"models": MODELS, "labels": {"model_bias": 0, "noise": 0.02}, "today": str(TODAY), "batch": BATCH}


class ShiftedClock(SystemClock):
    """Real seconds on another day."""

    def __init__(self) -> None:
        self.days_s = datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC).timestamp() - super().now()

    def now(self) -> float:
        return super().now() + self.days_s


@pytest.fixture(scope="module")
def endpoint():
    with simulated_endpoint(SimulatorConfig.model_validate(CONFIG)) as running:
        yield running


@pytest.fixture(scope="module")
def world(tmp_path_factory, endpoint, project_root):
    """The settings of an installation with a published week, and its run."""
    folder = tmp_path_factory.mktemp("changes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{folder}/ledger.db")
        settings = week_settings(folder, endpoint.base_url, project_root / "include", model=ALIAS)
        (folder / "pipeline.yaml").write_text(
            "classifiers: [knowledge_work, user_intent]\nsentinels: {rows: 40, repeats: 4}\n", encoding="utf-8"
        )
        plan = publish_week(folder, settings)
        yield settings.model_copy(update={"pipeline": f"{folder}/pipeline.yaml"}), plan


def test_a_model_that_changes_behind_its_alias_is_an_alert_on_the_same_day_and_rows_show_both_names(endpoint, world):
    settings, plan = world
    resources, alerts = Resources(clock=ShiftedClock()), AlertContext(open_channels=lambda _: [])

    def day():
        done = run_sentinels(settings=settings, resources=resources, alerts=alerts)
        resources.clock.days_s += DAY_S
        return done

    assert day()["endpoints"][0]["served_model"] == MAY
    assert day()["raised"] == []
    endpoint.serve(ALIAS, NOV)
    changed = day()
    assert set(changed["raised"]) == {f"model_moved:sim:{NOV}", "model_moved:sim:knowledge_work"}
    assert changed["endpoints"][0]["classifiers"]["user_intent"]["alarmed"] is False
    folders = Path(plan.lake, "experiments").glob(f"sentinels-*/lake/landed/week=*/run=*.{changed['day']}*")
    rows = [row for folder in folders for path in folder.glob("*.parquet") for row in read_rows(str(path))]
    assert {(row["model"], row["served_model"]) for row in rows} == {(ALIAS, NOV)}
    assert len({row["labeller"] for row in rows}) == 2, "one for each classifier"


def test_the_day_on_which_an_endpoint_shuts_its_model_down_is_asked_for_and_told(endpoint, world):
    settings, _ = world
    alerts = AlertContext(open_channels=lambda _: [])
    looked = look_at_models(settings=settings, resources=Resources(clock=ShiftedClock()), alerts=alerts)
    # 1 to 14 December: 13 days.
    assert [(each["date"], each["days_left"], each["source"]) for each in looked["retiring"]] == [
        ("2026-12-14", 13, "endpoint")
    ]
    assert looked["raised"] == [f"model_retires:sim:{ALIAS}:30"]


@pytest.mark.parametrize("lane", [Lane.REALTIME, Lane.BATCH])
def test_a_model_that_thinks_answers_at_once_where_an_effort_is_named(endpoint, world, lane, tmp_path):
    _, plan = world
    frozen = freeze(set_root(plan.paths, f"thinking-{lane}"), plan.paths, plan.week, {f"2026-W47-c{at}" for at in range(10)})

    def labelled(effort):
        path = tmp_path / f"{effort}.yaml"
        said = "" if effort is None else f"reasoning_effort: '{effort}', "
        path.write_text(
            f"endpoints: [{{name: sim, base_url: '{endpoint.base_url}', model: {THINKER}, lanes: [realtime, batch], {said}"
            "price: {input_per_million: 1, output_per_million: 1}}]\n",
            encoding="utf-8",
        )
        run = frozen.run_of(plan, f"{effort}", endpoints=str(path))
        forecast = forecast_set(run, frozen.sample, lane=lane)
        done = label_set(run, frozen.sample, lane=lane)
        rows = [row for url in done.rows for row in read_rows(url)]
        assert {row["status"] for row in rows} == {"success"}
        return rows, forecast, done

    for effort, least, most in (("none", 1, 30), ("low", 75, 300)):
        rows, forecast, done = labelled(effort)
        # The mean is 150, spread by half of it; an answer has a dozen tokens.
        assert all(least <= row["output_tokens"] <= most for row in rows), effort
        assert {row["attempts"] for row in rows} == {1}, "no reply was cut off"
        assert forecast.requests == done.requests == 20
        assert forecast.cost_usd >= 0.9 * done.paid_usd, "thoughts are in the forecast"
    rows, _, done = labelled(None)
    assert done.requests > 20, "thoughts at the model's own default used up the bound of the answer"


def test_the_same_request_at_another_effort_is_another_request(endpoint, world, tmp_path):
    _, plan = world
    frozen = freeze(set_root(plan.paths, "efforts"), plan.paths, plan.week, {f"2026-W47-c{at}" for at in range(5)})
    sent = []
    for effort in ("none", "low", "low"):
        path = tmp_path / f"{effort}.yaml"
        path.write_text(
            f"endpoints: [{{name: sim, base_url: '{endpoint.base_url}', model: {THINKER}, reasoning_effort: '{effort}', "
            "price: {input_per_million: 1, output_per_million: 1}}]\n",
            encoding="utf-8",
        )
        run = frozen.run_of(plan, f"run {len(sent)}", endpoints=str(path))
        sent.append(label_set(run, frozen.sample).requests)
    assert sent == [10, 10, 0], "a reply at the same effort is reused by another run"
