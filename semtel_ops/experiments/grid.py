"""The strategies of an experiment: a grid of values, and the cells that it expands to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from pydantic import Field

from semtel_ops.errors import ConfigError
from semtel_ops.settings import Compression, PipelineConfig, StrategyConfig, TokensConfig, Truncation
from semtel_ops.settings.config_model import ConfigModel, Conversations, PositiveShare, Tokens, TokensPerMinute
from semtel_ops.tokens.compressor import compressor_named
from semtel_ops.words import Baseline

_MAX_CELLS = 200


class Grid(ConfigModel):
    """Values to try. Every combination of them is a cell. Empty list: the value in pipeline.yaml."""

    pack: tuple[Annotated[Conversations, Field(ge=1, le=50)], ...] = (1, 5, 10, 20)
    """Largest numbers of conversations in a request."""
    grader: tuple[bool, ...] = (False, True)
    """Whether the model is shown its packed labels again. Only tried where several conversations share a request."""
    combine: tuple[bool, ...] = (False, True)
    """Whether all classifiers share a request. Only tried with several classifiers."""
    truncation: tuple[Truncation, ...] = Field(default=(), examples=[["turns", "middle"]])
    """Which part is kept of a conversation that exceeds its budget."""
    max_tokens: tuple[Annotated[Tokens, Field(ge=16, le=1_000_000)], ...] = Field(default=(), examples=[[500, 3000]])
    """Token budgets of a conversation."""
    compression: tuple[Compression, ...] = Field(default=(), examples=[["rules", "llmlingua"]])
    """How text is shortened before it is truncated."""
    compression_rate: tuple[PositiveShare, ...] = Field(default=(), examples=[[0.5, 0.33]])
    """Shares of the tokens that `llmlingua` keeps. No other compression uses them."""
    models: tuple[str, ...] = Field(default=(), examples=[["gpt-6-luna", "gpt-6.1-terra"]])
    """Models of endpoints.yaml. Empty: all that have a realtime lane."""


class ExperimentConfig(ConfigModel):
    """What an experiment tries, and on how many conversations.

    Every setting is optional. The options of `semtel experiment` take precedence over this file.
    """

    grid: Grid = Grid()
    """Values to try."""
    sample: Annotated[Conversations, Field(ge=1)] = 300
    """Size of the sample, chosen by a hash of the conversation id."""
    repeats: Annotated[int, Field(ge=1, le=10)] = 2
    """How often each cell is run, each time with another seed. At least two are needed to measure how often labels change
    between repeats."""
    baseline: Baseline = "plain"
    """What labels are compared with. `plain`: labels from requests with one conversation and one classifier. `golden`: the
    labels that the source's records carry."""
    baseline_model: str | None = Field(default=None, examples=["gpt-6-luna"])
    """Model of the baseline. Default: the first model of the experiment."""
    floor: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Cohen's kappa that every classifier must reach. Default: `strategy_gate.floor` of pipeline.yaml."""
    tpm: Annotated[TokensPerMinute, Field(ge=1)] = 2_000_000
    """Token quota for which the report gives the throughput in conversations per minute."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One strategy with one model.

    Attributes:
        pack: maximum number of conversations in a request.
        grader: packed labels are graded.
        combine: all classifiers share a request.
        truncation: which part of a long conversation is kept.
        max_tokens: maximum length of a conversation, in tokens; longer conversations are truncated.
        compression: how text is compressed.
        compression_rate: share of the tokens that the compressor keeps; ignored by compressors without a rate.
        model: the model of the requests.
    """

    pack: int
    grader: bool
    combine: bool
    truncation: Truncation
    max_tokens: int
    compression: Compression
    compression_rate: float
    model: str

    @property
    def id(self) -> str:
        """Name of the cell in files and in the ledger."""
        rate = f"{self.compression_rate:g}" if self.uses_rate else ""
        shared = f"pack{self.pack}{'-grader' if self.grader else ''}{'-combined' if self.combine else ''}"
        return f"{shared}-{self.truncation}{self.max_tokens}-{self.compression}{rate}-{self.model}"

    @property
    def uses_rate(self) -> bool:
        """Whether the compressor uses `compression_rate`."""
        return compressor_named(self.compression).uses_rate

    @property
    def plain(self) -> bool:
        """One conversation and one classifier per request."""
        return self.pack == 1 and not self.combine

    @property
    def shared(self) -> str:
        """The strategy in words: "plain requests" or "10 per request, combined, graded"."""
        if self.plain:
            return "plain requests"
        words = [f"{self.pack} per request" if self.pack > 1 else "", "combined" if self.combine else ""]
        return ", ".join([word for word in words if word] + (["graded"] if self.grader else []))

    def strategy(self, base: StrategyConfig, repeat: int = 0) -> StrategyConfig:
        """The settings of a run with this cell's strategy, without audits and shadows: the baseline takes their place."""
        own = {"pack": self.pack, "grader": self.grader, "combine": self.combine, "audit_share": 0.0, "shadow_share": 0.0}
        return base.model_copy(update={**own, "seed": repeat or base.seed})

    def tokens(self, base: TokensConfig) -> TokensConfig:
        """The settings of a run that shortens conversations as this cell does."""
        return base.model_copy(
            update={
                "truncation": self.truncation,
                "max_per_conversation": self.max_tokens,
                "compression": self.compression,
                "compression_rate": self.compression_rate,
            }
        )

    def settings(self, config: PipelineConfig) -> dict[str, Any]:
        """The settings of pipeline.yaml with which a weekly run uses this strategy, without token settings it already has."""
        strategy = {"pack": self.pack, "combine": self.combine, "grader": self.grader}
        tokens = self.tokens(config.tokens).model_dump(mode="json")
        if not self.uses_rate:
            del tokens["compression_rate"]
        base = config.tokens.model_dump(mode="json")
        changed = {name: value for name, value in tokens.items() if base[name] != value}
        return {"strategy": strategy, **({"tokens": changed} if changed else {})}


def cells_of(grid: Grid, config: PipelineConfig, models: Sequence[str], *, baseline_model: str | None = None) -> list[Cell]:
    """The cells of a grid, each once. The first cell is the baseline: plain requests with the tokens settings of `config`.

    Args:
        models: models of endpoints.yaml with a realtime lane, in its order.
        baseline_model: model of the baseline; None: the first model of the grid.

    Raises:
        ConfigError: a model is not among them, or there are more than 200 cells.
    """
    grid_models = grid.models or tuple(dict.fromkeys(models))
    first = baseline_model or grid_models[0]
    for name in (*grid_models, first):
        if name not in models:
            raise ConfigError(
                "grid.models", name, f"is not a model in the realtime lane of endpoints.yaml: {', '.join(models)}"
            )
    tokens = config.tokens
    baseline = Cell(
        1, False, False, tokens.truncation, tokens.max_per_conversation, tokens.compression, tokens.compression_rate, first
    )
    cells = list(dict.fromkeys([baseline, *_expand(grid, config, grid_models)]))
    if len(cells) > _MAX_CELLS:
        raise ConfigError("grid", f"{len(cells)} cells", f"has too many cells; remove values, {_MAX_CELLS} is the maximum")
    return cells


def _expand(grid: Grid, config: PipelineConfig, models: Sequence[str]) -> Iterator[Cell]:
    tokens, strategy = config.tokens, config.strategy
    combine = grid.combine or (strategy.combine,)
    for model, truncation, max_tokens, compression, rate, combined, pack, grader in product(
        models,
        grid.truncation or (tokens.truncation,),
        grid.max_tokens or (tokens.max_per_conversation,),
        grid.compression or (tokens.compression,),
        grid.compression_rate or (tokens.compression_rate,),
        combine,
        grid.pack or (strategy.pack,),
        grid.grader or (strategy.grader,),
    ):
        yield Cell(
            pack=pack,
            grader=grader and pack > 1,
            combine=combined and len(config.classifiers) > 1,
            truncation=truncation,
            max_tokens=max_tokens,
            compression=compression,
            compression_rate=rate if compressor_named(compression).uses_rate else tokens.compression_rate,
            model=model,
        )
