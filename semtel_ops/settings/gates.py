"""`strategy_gate:` and `model_gate:` in pipeline.yaml: what a weekly run may use, and which evidence that takes."""

from typing import Annotated, Literal

from pydantic import Field

from semtel_ops.settings.config_model import ConfigModel, Conversations, Days


class StrategyGateConfig(ConfigModel):
    """When a weekly run may share requests or use LLMLingua-2: only if an experiment on record supports it.

    Files labelled with `semtel classify` are not subject to this gate.
    """

    mode: Literal["fallback", "refuse", "off"] = "fallback"
    """What happens without a supporting experiment. `fallback`: one conversation and one classifier per request, with a note
    in the report. `refuse`: the run does not start. `off`: the strategy is used without evidence."""
    floor: Annotated[float, Field(ge=-1, le=1)] = 0.7
    """Cohen's kappa that the 95% interval of every classifier must not fall below."""
    max_age_days: Annotated[Days, Field(gt=0)] = 90.0
    """Older experiments are not taken into account."""
    min_n: Annotated[Conversations, Field(ge=1)] = 100
    """Experiments that compared fewer conversations are not taken into account."""


class ModelGateConfig(ConfigModel):
    """Which labellers a weekly run may use: that of the last published week, and those with an alignment on record.

    A labeller is a model with its prompts, parameters and strategy. Files labelled with `semtel classify` are not subject to
    this gate.
    """

    mode: Literal["hold", "refuse", "off"] = "hold"
    """What happens to a labeller without an alignment. `hold`: the last aligned model that still answers is asked in its place,
    and an alert says how to compare both. `refuse`: the run does not start. `off`: the labeller is used without evidence."""
    max_age_days: Annotated[Days, Field(gt=0)] = 90.0
    """Alignments older than this do not count, unless a person adopted the labeller."""
    margin: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """Largest margin of an alignment whose verdict `same` counts without a person: 0.02 is 2 percentage points."""
    bridge_rows: Annotated[Conversations, Field(ge=0)] = 2_000
    """Conversations of the last week that a new labeller labels again, to tell its part of a change from the users' part.
    0: weeks with different labellers are not compared."""
