"""`sentinels:` in pipeline.yaml: the fixed conversations that are asked every day, to notice a model that changes."""

from typing import Annotated

from pydantic import Field

from semtel_ops.settings.config_model import ConfigModel, Conversations, PositiveShare, Usd


class SentinelsConfig(ConfigModel):
    """Conversations that are asked every day, always the same, to notice on the same day that a model has changed."""

    enabled: bool = True
    """Whether sentinels are asked. The DAG `model_sentinels` is paused until somebody starts it, whatever this says."""
    rows: Annotated[Conversations, Field(ge=10, le=5_000)] = 100
    """Conversations, drawn once from the last published week."""
    classifiers: tuple[str, ...] = Field(default=(), examples=[["topic", "satisfaction"]])
    """Classifiers that are asked. Empty: `classifiers` of this file. Other classifiers begin with a new set."""
    repeats: Annotated[int, Field(ge=4, le=50)] = 10
    """Times that all rows are asked on the first day, to measure how often an unchanged labeller changes its answer."""
    budget_usd: Annotated[Usd, Field(gt=0)] = 2.0
    """The most that a day may cost at each endpoint with a known price. What the first day leaves is asked on the next."""
    false_alarms: PositiveShare = 0.05
    """Probability that an endpoint whose model never changes ever raises an alert, however long it is watched."""
