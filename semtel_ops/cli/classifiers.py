"""`semtel classifiers`: list classifiers, show their prompts, and check prompt files."""

from pathlib import Path

import click

_PROMPTS_HELP = "Folder of prompt files. Default: prompts/ in SEMTEL_INCLUDE, else include/prompts."


@click.group()
def classifiers() -> None:
    """List, show and check classifiers. Each is one prompt file, include/prompts/ID.prompty.

    \b
    To add a classifier, put its file there and check it:
      semtel classifiers check include/prompts/my_question.prompty
    """  # noqa: D301 - \b is click's mark


@classifiers.command("list")
@click.option("--prompts", type=click.Path(file_okay=False), help=_PROMPTS_HELP)
def list_(prompts: str | None) -> None:
    """Print one line for each classifier: id, version, kind, number of labels, description.

    \b
    Example:
      semtel classifiers list
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.classifiers import load_classifiers
    from semtel_ops.prompts import prompt_ids

    folder = _folder(prompts)
    for spec in load_classifiers(folder, prompt_ids(folder)):
        click.echo(f"{spec.id:<18} {spec.version:<8} {spec.kind.value:<8} {len(spec.labels):>3} labels  {spec.description}")


@classifiers.command()
@click.argument("classifier")
@click.option("--prompts", type=click.Path(file_okay=False), help=_PROMPTS_HELP)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of the reply instead.")
def show(classifier: str, prompts: str | None, schema: bool) -> None:
    """Print the messages of a request: instruction, examples, and the user message with an example conversation.

    CLASSIFIER is the id of a classifier, such as topic.

    \b
    Examples:
      semtel classifiers show topic
      semtel classifiers show topic --schema
    """  # noqa: D301 - \b is click's mark
    import json

    from semtel_ops.classifiers import load_classifiers
    from semtel_ops.conversations.model import Role, Turn

    (spec,) = load_classifiers(_folder(prompts), (classifier,))
    if schema:
        click.echo(json.dumps(spec.schema, indent=2, ensure_ascii=False))
        return
    turns = (Turn(Role.USER, "How do I boil an egg?"), Turn(Role.ASSISTANT, "Eight minutes in boiling water."))
    messages = [("system", spec.instruction), *((example.role, example.content) for example in spec.examples)]
    for role, content in [*messages, ("user", spec.user_text(turns))]:
        click.secho(f"── {role} ", fg="cyan")
        click.echo(content)
    click.secho(f"── {spec.id} {spec.version}, fingerprint {spec.fingerprint}", fg="cyan")


@classifiers.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False))
@click.option("--prompts", type=click.Path(file_okay=False), help=_PROMPTS_HELP)
def check(files: tuple[str, ...], prompts: str | None) -> None:
    """Check prompt files, and print each problem with file, line and reason. Exit code 2 if there is one.

    FILES are .prompty files. Default: all in the folder of prompt files.

    \b
    Examples:
      semtel classifiers check
      semtel classifiers check include/prompts/my_question.prompty
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.classifiers import load_classifier
    from semtel_ops.errors import PromptFileError
    from semtel_ops.prompts import prompt_ids

    folder = _folder(prompts)
    paths = [Path(name) for name in files] or [folder / f"{name}.prompty" for name in prompt_ids(folder)]
    problems = 0
    for path in paths:
        try:
            spec = load_classifier(path)
        except PromptFileError as error:
            problems += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{path}: {spec.id} {spec.version}, {spec.kind.value} of {len(spec.labels)} labels: ok")
    if problems:
        raise click.exceptions.Exit(2)


def _folder(prompts: str | None) -> Path:
    from semtel_ops.settings import Settings

    return Path(prompts) if prompts else Settings.from_env().prompts
