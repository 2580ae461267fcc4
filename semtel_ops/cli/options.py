"""Options shared by several commands, with the same words in all of them."""

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from semtel_ops.words import LANE_SETTINGS

Decorator: TypeAlias = Callable[[Any], Any]


def separated(text: str) -> list[str]:
    """The words of a text that are separated by commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def all_of(options: tuple[Decorator, ...]) -> Decorator:
    """One decorator for several options, listed by `--help` in this order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


LANE_HELP = (
    "How requests are sent. realtime: immediately. batch: in batch jobs, at half the price, within about a day. flex: "
    "immediately at a lower price and speed, where an endpoint offers it. auto: chosen by price, deadline and measured speed."
)

CONFIG = click.option(
    "--config",
    type=click.Path(dir_okay=False),
    help="Path of pipeline.yaml. Default: SEMTEL_PIPELINE, else include/config/pipeline.yaml.",
)
CLASSIFIERS = click.option("--classifiers", help="Classifier ids, separated by commas. Default: classifiers in pipeline.yaml.")
LANE = click.option("--lane", type=click.Choice(LANE_SETTINGS), help=f"{LANE_HELP} Default: lane in pipeline.yaml.")
DEADLINE = click.option(
    "--deadline",
    help="Time by which all rows must be written, with a time zone, such as 2026-11-24T08:00Z. "
    "Default: routing.deadline_hours in pipeline.yaml.",
)
BUDGET = click.option(
    "--budget-usd",
    type=click.FloatRange(min=0, min_open=True),
    help="Spending limit in US dollars; run again with a higher limit to continue. "
    "Default: budget_usd in pipeline.yaml, else no limit.",
)
REQUEST_SIZE = all_of(
    (
        click.option(
            "--pack",
            type=click.IntRange(1, 50),
            help="Largest number of conversations in a request. Default: strategy.pack in pipeline.yaml.",
        ),
        click.option(
            "--combine/--separate",
            default=None,
            help="One request for all classifiers, or one for each. Default: strategy.combine in pipeline.yaml.",
        ),
        click.option(
            "--grader/--no-grader",
            default=None,
            help="Have the model review the labels of shared requests, and request those it rejects again. "
            "Default: strategy.grader in pipeline.yaml.",
        ),
        click.option(
            "--max-tokens-per-conversation",
            type=click.IntRange(min=16),
            help="Truncate longer conversations to this many tokens. Default: tokens.max_per_conversation in pipeline.yaml.",
        ),
    )
)
"""What a request holds: --pack, --combine, --grader, --max-tokens-per-conversation."""


class _EndpointsOption(click.Option):
    """Lists the endpoint kinds in its help text, built only when it is printed because the list imports pydantic."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from semtel_ops.endpoints.factory import KINDS

        self.help = (
            "Path of endpoints.yaml. Default: SEMTEL_ENDPOINTS, else include/config/endpoints.yaml. "
            f"Kinds: {', '.join(sorted(KINDS))}."
        )
        return super().get_help_record(ctx)


def endpoints_option() -> Decorator:
    """`--endpoints FILE`."""
    return click.option("--endpoints", cls=_EndpointsOption, type=click.Path(dir_okay=False))
