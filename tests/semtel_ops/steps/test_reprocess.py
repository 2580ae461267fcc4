"""A reprocess is planned from a run that has rows: which are asked again, which are carried over, and what that may cost."""

import pytest

from semtel_ops.errors import ConfigError, EndpointError, EndpointErrorKind, StoreError
from semtel_ops.runs.budget import part_of_budget
from semtel_ops.runs.plan import RunPlan
from semtel_ops.steps.batch_jobs import shards_of_run
from semtel_ops.steps.gather import gather_run
from semtel_ops.steps.land_shards import land_shards
from semtel_ops.steps.reprocess import forecast_lines, gather_week, plan_reprocess, runs_of
from semtel_ops.steps.route import route_shards
from semtel_ops.store.files import exists, read_json, remove, write_json
from semtel_ops.store.ledger_tables import RunKind, RunState
from semtel_ops.store.parquet import read_rows
from semtel_ops.store.rooted import decode
from tests.support.installation import Installation
from tests.support.shards import WEEK, answer_request
from tests.support.template import Template

REQUEST = {"week": WEEK, "reason": "the endpoint failed that day", "dry_run": False}
REFUSED = EndpointError("400", kind=EndpointErrorKind.BAD_REQUEST, status=400)
FAILED = 4
"""Rows of topic that failed in the base run: of questions 0 to 3."""


def falter(request):
    number = int(request.text.split("question ")[1].split(" ")[0])
    if request.frame.schema_name == "topic":
        return REFUSED if number < FAILED else answer_request(request)
    return answer_request(request) if number % 3 else '{"label": "no"}'


def database(folder):
    return f"sqlite:///{folder}/ledger.db"


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """A labelled week of twelve conversations and two classifiers, some of whose rows have failed."""
    template = Template(tmp_path_factory.mktemp("labelled"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", database(template.place))
        made = Installation(template.place, database(template.place))
        made.answer = falter
        made.label()
    template.keep()
    return template


@pytest.fixture
def week(labelled, monkeypatch):
    """That week; the endpoint answers everything now."""
    with labelled.restored() as folder:
        monkeypatch.setenv("DATABASE_URL", database(folder))
        yield Installation(folder, database(folder))


def plan(week, run_id="again", **fields):
    return plan_reprocess(REQUEST | fields, run_id=run_id, requested_by="ada", settings=week.settings)


def plan_of(refs):
    return RunPlan.load(runs_of(refs)[0])


def record(week, run_id, of=WEEK):
    with week.ledger() as ledger:
        return ledger.run(of, run_id)


def run_of(week, run_id):
    return f"{week.settings.lake}/runs/week={WEEK}/run={run_id}/run.json"


def landed(week, run_id):
    folder = RunPlan.load(run_of(week, run_id)).folder
    return {(row["conversation_id"], row["classifier"]): row for shard in (0, 1) for row in read_rows(folder.landed(shard))}


def label_again(week, run_id="again", **fields):
    """Plan and label; returns the rows."""
    shards = plan(week, run_id, **fields)
    gather_run(runs_of(shards)[0], list(land_shards(route_shards(shards), resources=week.resources())))
    return landed(week, run_id)


def asked_again(rows):
    return {key for key, row in rows.items() if row["carried_from"] is None}


def test_shards_of_all_weeks_are_told_apart_by_their_runs():
    refs = [{"run": run, "shard": shard, "conversations": 1} for run, shard in (("b", 0), ("b", 1), ("a", 0))]
    assert runs_of(refs) == ["b", "a"]


def test_the_plan_names_the_base_run_and_what_is_asked_of_whom(week):
    refs = plan(week)
    found = plan_of(refs)
    assert sum(ref["asked_rows"] for ref in refs) == found.reprocess.asked_rows == FAILED
    assert (found.reprocess.base_run, found.reprocess.requested_by, found.reprocess.weeks) == ("first", "ada", (WEEK,))
    document = read_json(found.folder.reprocess)
    assert (document["asked_by_classifier"], document["asked_by_status"]) == ({"topic": FAILED}, {"error": FAILED})
    assert (document["asked_rows"], document["carried_rows"], document["warnings"]) == (FAILED, 24 - FAILED, [])
    sample = read_json(found.folder.sample)
    assert (sample["sampled_by"], decode(sample["shards"], found.lake)) == ("first", refs)
    written = record(week, "again")
    assert (written.state, written.kind, written.base_run) == (RunState.PLANNED, RunKind.REPROCESS, "first")
    assert (written.requested_by, written.reason) == ("ada", REQUEST["reason"])
    assert week.asked == []


def test_planned_again_it_is_the_same_and_keeps_its_base_run_and_its_time(week):
    refs = plan(week)
    document = read_json(plan_of(refs).folder.reprocess) | {"requested_at": "2026-11-25T09:00:00+00:00"}
    write_json(plan_of(refs).folder.reprocess, document)
    with week.ledger() as ledger:
        ledger.save_run(WEEK, "newer", state=RunState.PUBLISHED, landed=24)
    assert plan(week) == refs
    assert plan_of(refs).reprocess.base_run == "first"
    assert read_json(plan_of(refs).folder.reprocess)["requested_at"] == "2026-11-25T09:00:00+00:00"


def test_a_published_run_that_is_planned_again_stays_published(week):
    plan(week)
    with week.ledger() as ledger:
        ledger.save_run(WEEK, "again", state=RunState.PUBLISHED)
    plan(week)
    assert record(week, "again").state is RunState.PUBLISHED


def test_the_base_run_is_the_published_one_or_that_which_is_asked_for(week):
    with week.ledger() as ledger:
        ledger.save_run(WEEK, "first", state=RunState.PUBLISHED)
        ledger.save_run(WEEK, "dry", state=RunState.DRY_RUN)
        ledger.save_run(WEEK, "newer", state=RunState.RUNNING, landed=24)
    assert plan_of(plan(week)).reprocess.base_run == "first"
    with pytest.raises(StoreError, match="run newer has no rows to start from"):
        plan(week, "other", base_run="newer")


def test_a_file_of_ids_is_copied_once_so_that_a_change_to_it_does_not_count(week):
    ids = week.folder / "ids.txt"
    ids.write_text("c3\n\n c5 \nnot-there\n", encoding="utf-8")
    refs = plan(week, rows="ids", ids_file=str(ids), classifiers=["topic"])
    assert sum(ref["asked_rows"] for ref in refs) == 2
    ids.write_text("c1\nc2\nc3\n", encoding="utf-8")
    assert plan(week, rows="ids", ids_file=str(ids), classifiers=["topic"]) == refs
    (week.folder / "none.txt").write_text("\n\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="contains no ids"):
        plan(week, "empty", rows="ids", ids_file=f"{week.folder}/none.txt")


def test_a_classifier_that_the_week_does_not_have_is_asked_about_every_conversation(week):
    rows = label_again(week, classifiers=["ai_expertise"])
    again = RunPlan.load(run_of(week, "again"))
    document = read_json(again.folder.reprocess)
    assert again.classifiers == ("topic", "knowledge_work", "ai_expertise")
    assert document["asked_by_classifier"] == {"ai_expertise": 12}
    assert (document["asked_by_status"], document["carried_rows"]) == ({"new": 12}, 24)
    assert len(rows) == 36
    assert {request.frame.schema_name for request in week.asked} == {"ai_expertise"}
    assert {classifier for _, classifier in asked_again(rows)} == {"ai_expertise"}


def test_the_rows_of_one_label_and_of_chosen_ids_are_selected_alone(week):
    before = landed(week, "first")
    rows = label_again(week, "label", rows="label", label="knowledge_work=no", fresh=True)
    assert asked_again(rows) == {key for key, row in before.items() if (key[1], row["label"]) == ("knowledge_work", "no")}
    ids = week.folder / "ids.txt"
    ids.write_text("c3\n\n c5 \nnot-there\n", encoding="utf-8")
    chosen = {"rows": "ids", "ids_file": str(ids), "classifiers": ["topic"]}
    rows = label_again(week, "ids", base_run="label", fresh=True, **chosen)
    assert asked_again(rows) == {("c3", "topic"), ("c5", "topic")}
    assert {row["carried_from"] for row in rows.values()} == {None, "first", "label"}, "the origin is kept"


def test_a_strategy_without_proof_is_plain_and_says_so(week):
    found = plan_of(plan(week, strategy="packed", pack=4))
    assert found.config.strategy.plain
    assert found.strategy_note


def test_a_strategy_is_judged_by_the_models_that_are_asked(week):
    file = week.settings.endpoints
    (east,) = read_json(file)["endpoints"]
    write_json(file, {"endpoints": [east, {**east, "name": "other", "model": "another-model"}]})
    for fields, model in (({}, "another-model"), ({"model": "m"}, "m")):
        found = plan_of(plan(week, f"of-{model}", strategy="packed", pack=4, **fields))
        assert f"topic with {model}" in (found.strategy_note or "")


def test_a_model_that_no_endpoint_has_is_named_with_those_there_are(week):
    with pytest.raises(ConfigError, match="model: 'large' is not offered by any endpoint; known: m"):
        plan(week, model="large")


def test_the_budget_is_shared_by_what_each_week_and_shard_asks(week):
    refs = plan(week, max_cost_usd=3.0)
    found = plan_of(refs)
    assert found.config.budget_usd == pytest.approx(3.0)
    assert sum(ref["asked_rows"] for ref in refs) == found.reprocess.asked_rows


def test_shards_taken_up_by_hand_know_their_part_of_the_budget(week):
    refs = plan(week, max_cost_usd=3.0)
    held = shards_of_run(runs_of(refs)[0])
    assert [ref["asked_rows"] for ref in held] == [ref["asked_rows"] for ref in refs]
    assert sum(part_of_budget(RunPlan.load(ref["run"]), ref) for ref in held) == pytest.approx(3.0)


def test_several_weeks_share_the_budget_and_one_without_a_selected_row_is_skipped(week):
    week.write_chats(6, name="d", days=("2026-11-25",))
    week.answer = lambda request: REFUSED
    week.label(week="2026-W48")
    week.write_chats(6, name="e", days=("2026-12-02",))
    week.answer = answer_request
    week.label(week="2026-W49")
    refs = plan(week, until="2026-W49", max_cost_usd=4.0)
    plans = [RunPlan.load(run) for run in runs_of(refs)]
    # 4 rows failed in the first week, 12 in the second and none in the third.
    assert [(one.week, one.config.budget_usd) for one in plans] == [
        (WEEK, pytest.approx(1.0)), ("2026-W48", pytest.approx(3.0)),
    ]  # fmt: skip
    assert record(week, "again", "2026-W49") is None


def test_a_shard_that_never_lands_loses_only_what_was_asked_again(week):
    before = landed(week, "first")
    (run,) = runs_of(plan(week, "dead"))
    for _ in range(2):  # a gather that is done again finds the same
        assert gather_run(run, [])["missing_shards"]
        after = landed(week, "dead")
        assert after.keys() == before.keys()
        for key, row in after.items():
            asked = before[key]["status"] != "success"
            assert (row["status"], row["label"]) == (("missing", None) if asked else ("success", before[key]["label"]))


def forecast(run, **changes):
    return {
        "run": run, "requests": 2, "reused": 1, "input_tokens": 100, "output_tokens": 10, "cost_usd": 0.5,
        "batch_cost_usd": 0.25, **changes,
    }  # fmt: skip


def test_a_week_is_gathered_from_its_own_shards_and_a_dry_run_says_what_it_expects(week, caplog):
    (run,) = runs_of(plan(week, dry_run=True))
    with caplog.at_level("INFO"):
        gathered = gather_week(run, [forecast(run), forecast("of another week", requests=50)])
    assert (gathered["requests"], gathered["reprocess"]["asked_rows"]) == (2, FAILED)
    lines = forecast_lines(gathered)
    assert lines[0] == (
        f"week {WEEK}, based on run first: 4 rows would be labelled again (4 topic; their status: 4 error) and 20 carried over"
    )
    assert lines[1].startswith("2 requests, 100 input and 10 output tokens: ")
    assert lines[2].startswith("1 reply already on record and would be reused")
    assert all(line in caplog.text for line in lines)


def test_a_forecast_without_replies_on_record_speaks_of_none(week):
    (run,) = runs_of(plan(week, dry_run=True))
    assert len(forecast_lines(gather_week(run, [forecast(run, reused=0)]))) == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": "broken"}, "reason"),
        ({"rows": "label"}, "label must be given if and only if rows is label"),
        ({"rows": "all", "status": "error"}, "status must be given if and only if rows is status"),
        ({"strategy": "packed"}, "pack must be given if and only if strategy is packed"),
        ({"until": "2026-W46"}, "before the first week"),
        ({"until": "2029-W01"}, "maximum of 53 weeks"),
        ({"rows": "status", "status": "refused"}, "selects no row"),
        ({"classifiers": ["topc"]}, "topc"),
        ({"prompt_version": "topic=9.9.9"}, "differs from the prompt file"),
        ({"rows": "ids", "ids_file": "/nowhere/ids.txt"}, "cannot be read"),
        ({"smaple": 3}, "is not a setting"),
    ],
)
def test_a_wrong_field_is_one_line_that_names_it_and_nothing_is_begun(week, fields, said):
    with pytest.raises(ConfigError, match=said) as caught:
        plan(week, "wrong", **fields)
    assert "\n" not in str(caught.value)
    assert record(week, "wrong") is None
    assert not exists(f"{week.settings.lake}/runs/week={WEEK}/run=wrong/run.json")


def test_a_week_without_a_run_or_whose_sample_was_replaced_is_refused(week):
    with pytest.raises(StoreError, match="2026-W30: no run has rows to start from"):
        plan_reprocess(REQUEST | {"week": "2026-W30"}, run_id="again", requested_by="ada", settings=week.settings)
    remove(f"{week.settings.lake}/conversations/week={WEEK}/shard=0000.parquet")
    with pytest.raises(StoreError, match="are missing"):
        plan(week)
