"""Options that several commands have."""

from collections.abc import Callable
from typing import Any

import click


class _EndpointsOption(click.Option):
    """Names the kinds of endpoint in its help, which is made only when somebody reads it: the list brings pydantic."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from semtel_ops.endpoints.factory import KINDS

        self.help = f"endpoints.yaml: which endpoints answer. Kinds: {', '.join(sorted(KINDS))}."
        return super().get_help_record(ctx)


def endpoints_option() -> Callable[[Any], Any]:
    """`--endpoints FILE`."""
    return click.option("--endpoints", cls=_EndpointsOption, type=click.Path(dir_okay=False))
