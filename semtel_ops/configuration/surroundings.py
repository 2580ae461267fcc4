"""Finds what a configuration needs but this machine lacks: variables, packages and files. These findings are only warnings.

A configuration is often checked on another machine than it runs on, such as a laptop or a CI worker.
"""

from collections.abc import Iterator, Mapping
from glob import has_magic, iglob
from importlib.util import find_spec
from pathlib import Path

from semtel_ops.configuration.contradictions import Finding
from semtel_ops.endpoints.catalog import EndpointConfig
from semtel_ops.settings import PipelineConfig
from semtel_ops.settings.environment import read_secret


def missing_for_pipeline(pipeline: PipelineConfig, include: Path, environ: Mapping[str, str] | None) -> Iterator[Finding]:
    """What pipeline.yaml needs and this machine lacks."""
    sql = pipeline.source.sql
    if sql is not None and read_secret(sql.url_env, environ) is None:
        yield Finding("source.sql.url_env", _unset(sql.url_env))
    elif sql is None:
        for at, path in enumerate(pipeline.source.paths):
            if "://" not in path and not _exists(path, include):
                yield Finding("source.paths", f"entry {at} ({path}) matches no file on this machine")
    if pipeline.scrub.engine == "presidio" and find_spec("presidio_analyzer") is None:
        yield Finding("scrub.engine", "is presidio, which is not installed here: pip install 'semtel-ops[presidio]'")
    if pipeline.tokens.compression == "llmlingua" and find_spec("llmlingua") is None:
        yield Finding("tokens.compression", "is llmlingua, which is not installed here: pip install 'semtel-ops[llmlingua]'")
    for at, channel in enumerate(pipeline.alerts.channels):
        if channel.url_env is not None and read_secret(channel.url_env, environ) is None:
            yield Finding(f"alerts.channels.{at}.url_env", _unset(channel.url_env))


def missing_for_endpoint(at: int, endpoint: EndpointConfig, environ: Mapping[str, str] | None) -> Iterator[Finding]:
    """What an entry of endpoints.yaml needs and this machine lacks; `at`: its index."""
    if endpoint.api_key_env is not None and read_secret(endpoint.api_key_env, environ) is None:
        yield Finding(f"endpoints.{at}.api_key_env", _unset(endpoint.api_key_env))
    if (missing := endpoint.options.missing_requirement()) is not None:
        yield Finding(f"endpoints.{at}.{missing.setting}", f"is {missing.value}, which {missing.fix}")


def _unset(variable: str) -> str:
    return f"names {variable}, which is not set on this machine"


def _exists(path: str, include: Path) -> bool:
    """Whether a local path or glob matches a file, in the working directory or beside the include folder, as in a run."""
    for place in (Path(path), include.parent / path):
        # `Path.glob` refuses a pattern that starts at the root.
        if next(iglob(str(place), recursive=True), None) if has_magic(path) else place.exists():  # noqa: PTH207
            return True
    return False
