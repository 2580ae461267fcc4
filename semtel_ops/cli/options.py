"""Options shared by several commands."""

from collections.abc import Callable
from typing import Any

import click


class _EndpointsOption(click.Option):
    """Lists the endpoint kinds in its help text, built only when it is printed because the list imports pydantic."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from semtel_ops.endpoints.factory import KINDS

        self.help = f"endpoints.yaml: the endpoints to use. Kinds: {', '.join(sorted(KINDS))}."
        return super().get_help_record(ctx)


def endpoints_option() -> Callable[[Any], Any]:
    """`--endpoints FILE`."""
    return click.option("--endpoints", cls=_EndpointsOption, type=click.Path(dir_okay=False))
