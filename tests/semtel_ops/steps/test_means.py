from semtel_ops.packing import SinglePacker
from semtel_ops.settings import PipelineConfig
from semtel_ops.settings.pipeline import StrategyConfig
from semtel_ops.steps.means import classifiers_of
from semtel_ops.steps.run import RunPlan


def plan_of(project_root, **strategy):
    return RunPlan(
        week="2026-W47",
        run_id="r",
        lake="lake",
        config=PipelineConfig(strategy=StrategyConfig(**strategy)),
        classifiers=("topic", "knowledge_work"),
        endpoints="endpoints.yaml",
        include=str(project_root / "include"),
    )


def test_another_seed_is_another_question(project_root):
    frames = [
        {frame.fingerprint for frame in SinglePacker(classifiers_of(plan_of(project_root, seed=seed))).frames}
        for seed in (None, 1, 2)
    ]
    assert len(set.union(*frames)) == 6
    assert {spec.seed for spec in classifiers_of(plan_of(project_root, seed=2))} == {2}
