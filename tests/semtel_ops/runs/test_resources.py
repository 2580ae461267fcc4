from semtel_ops.packing import SinglePacker
from semtel_ops.runs.resources import classifiers_of, endpoints_of
from tests.support.shards import make_plan


def test_another_seed_is_another_question(tmp_path):
    plans = [make_plan(tmp_path, config={"strategy": {"seed": seed}}) for seed in (None, 1, 2)]
    frames = [{frame.fingerprint for frame in SinglePacker(classifiers_of(plan)).frames} for plan in plans]
    assert len(set.union(*frames)) == sum(map(len, frames))
    assert {spec.seed for spec in classifiers_of(plans[-1])} == {2}


def test_a_run_may_be_of_one_model_alone(tmp_path):
    entries = [f"{{name: {name}, base_url: 'http://127.0.0.1', model: {name[0]}}}" for name in ("a1", "b1", "a2")]
    (tmp_path / "endpoints.yaml").write_text(f"endpoints: [{', '.join(entries)}]", encoding="utf-8")

    def names(*models):
        return [endpoint.name for endpoint in endpoints_of(make_plan(tmp_path, models=models))]

    assert names() == ["a1", "b1", "a2"]
    assert names("a") == ["a1", "a2"]
