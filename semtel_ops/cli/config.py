"""`semtel config`: which settings apply, where they come from, whether they are valid, and which exist."""

import json
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from semtel_ops.configuration import Explanation, Section

_FILE = click.Path(dir_okay=False)
_NARROWEST, _WIDEST = 60, 160


@click.group()
def config() -> None:
    """Explain and check the configuration; write its JSON Schemas and its reference page.

    \b
    Examples:
      semtel config check                                  the configuration that a run would use
      semtel config check include/config/*.yaml            only these files
      semtel config show tokens.max_per_conversation       one setting: value, origin, meaning
    """  # noqa: D301 - \b is click's mark


@config.command(short_help="Show every setting with its origin, and report what is wrong.")
@click.argument("files", nargs=-1, type=_FILE)
@click.option(
    "--config",
    "pipeline",
    type=_FILE,
    help="Path of pipeline.yaml. Default: SEMTEL_PIPELINE, else include/config/pipeline.yaml.",
)
@click.option(
    "--endpoints", type=_FILE, help="Path of endpoints.yaml. Default: SEMTEL_ENDPOINTS, else include/config/endpoints.yaml."
)
@click.option("--prompts", type=click.Path(file_okay=False), help="Folder of prompt files. Default: include/prompts.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="Try a value of pipeline.yaml; repeatable.")
@click.option("--strict", is_flag=True, help="Exit with code 2 if there are warnings, too.")
@click.option("--json", "as_json", is_flag=True, help="Print the explanation as JSON.")
def check(
    files: tuple[str, ...],
    pipeline: str | None,
    endpoints: str | None,
    prompts: str | None,
    assignments: tuple[str, ...],
    strict: bool,
    as_json: bool,
) -> None:
    """Show every setting with its value and origin, and report what is wrong.

    An origin is a file with a line number, an environment variable, an option, or the default. Without FILES, the configuration
    that a run would use is checked as a whole. With FILES, only these files are checked: pipeline.yaml, endpoints.yaml,
    models.yaml, experiment.yaml, simulator.yaml and .prompty files, recognised by their schema comment, name or keys.

    An error stops a run before it sends a request. A warning is about settings that contradict each other or have no effect, or
    about what is missing on this machine, such as the variable of an API key. Secrets are never shown.

    Exit codes: 0 without errors; 2 with errors, one a line with file, line, setting and what would be right.

    \b
    Examples:
      semtel config check
      semtel config check --endpoints endpoints.yaml --set lane=batch --set routing.deadline_hours=12
      semtel config check --strict --json include/config/*.yaml include/prompts/*.prompty
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.configuration import Request, explain

    explanation = explain(Request(files, pipeline, endpoints, prompts, assignments))
    if as_json:
        click.echo(json.dumps(explanation.as_json(), indent=1, ensure_ascii=False))
    else:
        _print(explanation)
    for error in explanation.errors:
        click.echo(f"semtel: {error}", err=True)
    if explanation.errors or (strict and explanation.warnings):
        raise click.exceptions.Exit(2)


@config.command(short_help="Show one setting: value, origin, default, meaning.")
@click.argument("name", metavar="NAME")
@click.option(
    "--config",
    "pipeline",
    type=_FILE,
    help="Path of pipeline.yaml. Default: SEMTEL_PIPELINE, else include/config/pipeline.yaml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the settings as JSON.")
def show(name: str, pipeline: str | None, as_json: bool) -> None:
    """Show one setting of pipeline.yaml, or those of a section: value, origin, default, valid values, meaning.

    NAME is a setting or a section, with dots: tokens.max_per_conversation.

    \b
    Examples:
      semtel config show tokens.max_per_conversation
      semtel config show strategy
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.configuration import look_up

    settings = look_up(name, pipeline)
    if as_json:
        click.echo(json.dumps(settings, indent=1, ensure_ascii=False))
        return
    for at, setting in enumerate(settings):
        if at:
            click.echo()
        click.echo(f"{setting['setting']}: {_human(setting['value'])}    from {setting['from']}")
        click.echo(_wrapped(setting["description"]))
        default = "must be given" if setting["default"] is None else f"default {setting['default']}"
        click.echo(_wrapped(f"{setting['values']}; {default}"))


@config.command(short_help="Print or write the JSON Schemas of the files.")
@click.argument("kind", required=False)
@click.option("--write", type=click.Path(file_okay=False), help="Write all schemas into this folder.")
def schema(kind: str | None, write: str | None) -> None:
    """Print the JSON Schema of a kind of file, or write all of them into a folder.

    KIND is pipeline, endpoints, models, experiment, prompt or simulator.

    \b
    Examples:
      semtel config schema pipeline
      semtel config schema --write schemas/

    \b
    An editor uses the schema that the first line of a file names:
      # yaml-language-server: $schema=schemas/pipeline.schema.json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.configuration import CONFIG_FILES, config_file, schema_text, write_schemas

    if write is not None:
        for path in write_schemas(write):
            click.echo(str(path))
    elif kind is not None:
        click.echo(schema_text(config_file(kind)), nl=False)
    else:
        raise click.UsageError(f"give --write DIR or a kind: {', '.join(file.kind for file in CONFIG_FILES)}")


@config.command(short_help="Print or write the reference page.")
@click.option("--write", type=_FILE, help="Write the page into this file. Default: print it.")
def docs(write: str | None) -> None:
    """Print the reference page of all settings as Markdown.

    \b
    Example:
      semtel config docs --write docs/reference/configuration.md
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.configuration import reference_page

    if write is None:
        click.echo(reference_page(), nl=False)
        return
    Path(write).parent.mkdir(parents=True, exist_ok=True)
    Path(write).write_text(reference_page(), encoding="utf-8")
    click.echo(write)


def _print(explanation: "Explanation") -> None:
    for section in explanation.sections:
        click.secho(section.title + (f"  {section.file}" if section.file else ""), bold=True)
        _print_table(section)
        click.echo()
    if explanation.warnings:
        click.secho("warnings", bold=True)
        for warning in explanation.warnings:
            click.secho(_wrapped(str(warning)), fg="yellow")
        click.echo()
    errors, warnings = len(explanation.errors), len(explanation.warnings)
    click.echo(", ".join([_counted(errors, "error"), _counted(warnings, "warning")]) if errors or warnings else "valid")


def _print_table(section: "Section") -> None:
    """Print three columns; defaults are dimmed, and a long value continues on the next line."""
    common = _common_prefix([setting.name for setting in section.settings]) if section.title.startswith("endpoint ") else ""
    rows = [(setting.name.removeprefix(common), _human(setting.value), setting.origin) for setting in section.settings]
    name_width = max((len(name) for name, _, _ in rows), default=0)
    origin_width = max((len(str(origin)) for _, _, origin in rows), default=0)
    value_width = max(24, _width() - name_width - origin_width - 6)
    for name, value, origin in rows:
        first, *others = textwrap.wrap(value, value_width) or [""]
        line = f"  {name:<{name_width}}  {first:<{min(value_width, _width())}}  {origin}"
        click.secho(line, dim=origin.is_default)
        for other in others:
            click.secho(f"  {'':<{name_width}}  {other}", dim=origin.is_default)


def _common_prefix(names: list[str]) -> str:
    first = names[0].split(".") if names else []
    prefix = ".".join(first[:2]) + "."
    return prefix if all(name.startswith(prefix) for name in names) else ""


def _human(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_human(inner)}" for name, inner in value.items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(_human, value)) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "not set"}[value]
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.12g}" if isinstance(value, float) else str(value) or '""'


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _width(), initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _width() -> int:
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size((120, 24)).columns))


def _counted(count: int, noun: str) -> str:
    return f"{'no' if count == 0 else count} {noun}{'' if count == 1 else 's'}"
