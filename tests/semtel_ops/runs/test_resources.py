from semtel_ops.packing import SinglePacker
from semtel_ops.runs.plan import RunPlan
from semtel_ops.runs.resources import classifiers_of, endpoints_of
from semtel_ops.settings import PipelineConfig
from semtel_ops.settings.pipeline import StrategyConfig


def plan_of(project_root, *, models=(), endpoints="endpoints.yaml", **strategy):
    return RunPlan(
        week="2026-W47",
        run_id="r",
        lake="lake",
        config=PipelineConfig(strategy=StrategyConfig(**strategy)),
        classifiers=("topic", "knowledge_work"),
        endpoints=endpoints,
        models=models,
        include=str(project_root / "include"),
    )


def test_another_seed_is_another_question(project_root):
    frames = [
        {frame.fingerprint for frame in SinglePacker(classifiers_of(plan_of(project_root, seed=seed))).frames}
        for seed in (None, 1, 2)
    ]
    assert len(set.union(*frames)) == 6
    assert {spec.seed for spec in classifiers_of(plan_of(project_root, seed=2))} == {2}


def test_a_run_may_be_of_one_model_alone(project_root, tmp_path):
    path = tmp_path / "endpoints.yaml"
    entries = "".join(f"  - {{name: {name}, base_url: 'http://127.0.0.1', model: {name[0]}}}\n" for name in ("a1", "b1", "a2"))
    path.write_text(f"endpoints:\n{entries}", encoding="utf-8")

    def names(*models):
        return [endpoint.name for endpoint in endpoints_of(plan_of(project_root, models=models, endpoints=str(path)))]

    assert names() == ["a1", "b1", "a2"]
    assert names("a") == ["a1", "a2"]
