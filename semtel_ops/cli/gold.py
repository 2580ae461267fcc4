"""`semtel gold`: draw conversations for people to label, hand them to other tools, and show what the labels say."""

import getpass
from collections.abc import Sequence
from typing import Any

import click

from semtel_ops.cli.options import separated
from semtel_ops.cli.output import show as show_manifest
from semtel_ops.cli.printable import printable
from semtel_ops.humanize import coefficient, count, interval, number, percent, words

_JSON = click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
_DRAW = click.option("--draw", "draw_id", help="Id of the draw. Default: the latest.")
_MOST_LABELS = 12


@click.group()
def gold() -> None:
    """Gold labels: draw conversations of a published week, have people label them, and see how well models agree with them.

    People label in Airflow, on the page "Gold labels", or in another tool through export and import.

    \b
    Examples:
      semtel gold draw --week 2026-W47              300 conversations, at random
      semtel gold show                              progress, agreement
      semtel gold export --format label-studio --with-text --out for-labelling/
    """  # noqa: D301 - \b is click's mark


@gold.command()
@click.option("--week", required=True, help="Published ISO week, such as 2026-W47.")
@click.option(
    "--size", type=click.IntRange(1, 1_000_000), default=300, show_default=True, help="Number of conversations to draw."
)
@click.option("--classifiers", help="Classifier ids, separated by commas. Default: all that labelled the week.")
@click.option(
    "--rare",
    default="",
    help="Labels to draw more often, each with a factor: topic:health=5,task_complexity:create=3. "
    "Their conversations keep exactly known probabilities. Default: none.",
)
@click.option("--salt", help="Decides which conversations are drawn. Default: the same for all draws of the week.")
@click.option(
    "--shared",
    type=click.FloatRange(0, 1),
    default=1.0,
    show_default=True,
    help="Share of the conversations that every person gets, for agreement between people; the others go to one person each.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be drawn, and with what precision; record nothing.")
@_JSON
def draw(classifiers: str | None, as_json: bool, **options: Any) -> None:
    """Draw a probability sample of a published week for people to label.

    The same options draw the same conversations. The expected half-widths are those of corrected shares, if kappa of the
    model with people is 0.7. A larger draw takes over the labels of a smaller one.

    \b
    Examples:
      semtel gold draw --week 2026-W47 --dry-run
      semtel gold draw --week 2026-W47 --size 600 --classifiers topic,satisfaction
      semtel gold draw --week 2026-W47 --rare topic:health=5,topic:money=5
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.gold_draw import draw_gold

    manifest = draw_gold(settings=Settings.from_env(), classifiers=_words(classifiers), by=getpass.getuser(), **options)
    if as_json:
        show_manifest(manifest, as_json=True)
        return
    click.echo("\n".join(map(printable, _draw_lines(manifest))))


@gold.command()
@_DRAW
@click.option("--week", help="Only draws of this week. Default: all.")
@_JSON
def show(as_json: bool, draw_id: str | None, week: str | None) -> None:
    """Show draws, how far people are, and agreement between people and with each labeller.

    \b
    Examples:
      semtel gold show
      semtel gold show --draw 2026-W47-1f0c9a2b --json
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.gold_show import show_gold

    manifest = show_gold(settings=Settings.from_env(), draw_id=draw_id, week=week)
    if as_json:
        show_manifest(manifest, as_json=True)
        return
    if not manifest["draws"]:
        click.echo("nothing was drawn yet: semtel gold draw --week WEEK")
    for one in manifest["draws"]:
        click.echo("\n".join(map(printable, _shown_draw(one))))


@gold.command()
@_DRAW
@click.option("--out", required=True, type=click.Path(file_okay=False), help="Folder to write to.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("jsonl", "label-studio", "argilla", "labels")),
    default="jsonl",
    show_default=True,
    help="Conversations for another tool, or `labels`: what people said, without text.",
)
@click.option("--classifiers", help="Classifier ids, separated by commas. Default: all of the draw.")
@click.option(
    "--with-text",
    is_flag=True,
    help="Write conversation text, with personal data replaced, to files that `semtel forget` cannot reach.",
)
@_JSON
def export(as_json: bool, classifiers: str | None, **options: Any) -> None:
    """Write the conversations of a draw for another labelling tool, without any answer of the model.

    \b
    jsonl          tasks.jsonl, questions.json
    label-studio   tasks.json to import, config.xml for the labelling interface
    argilla        a folder for rg.Dataset.from_disk
    labels         labels.jsonl: labels of people, no text

    \b
    Examples:
      semtel gold export --format label-studio --with-text --out for-labelling/
      semtel gold export --format labels --out labels/ --draw 2026-W47-1f0c9a2b
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.gold_export import export_gold

    manifest = export_gold(settings=Settings.from_env(), classifiers=_words(classifiers), **options)
    show_manifest(manifest, as_json=as_json)
    if manifest["format"] != "labels":
        click.echo(
            "the files have conversation text: keep them where only readers of conversations are, and remove them after use",
            err=True,
        )


@gold.command("import")
@click.argument("file", type=click.Path(exists=True))
@_DRAW
@click.option(
    "--format",
    "form",
    type=click.Choice(("jsonl", "label-studio", "argilla")),
    help="Format of FILE. Default: recognised.",
)
@click.option("--person", help="Who labelled, where FILE does not say. Default: none.")
@click.option("--people", help="Names for the ids of people in FILE, such as 10=ada,11=ben. Default: the ids.")
@click.option("--replace", is_flag=True, help="Replace other labels of the same people for the same conversations.")
@click.option("--dry-run", is_flag=True, help="Check every label; import none.")
@_JSON
def import_(as_json: bool, people: str | None, **options: Any) -> None:
    """Import labels of people from FILE, or from the folder that Argilla wrote. All of them, or none if any is wrong.

    Exit code 2 if a label is wrong; each is named with its place in the file. Importing a file again changes nothing.

    \b
    Examples:
      semtel gold import export.json --dry-run
      semtel gold import export.json --people 10=ada,11=ben
      semtel gold import labelled.jsonl --person ada --draw 2026-W47-1f0c9a2b
    """  # noqa: D301 - \b is click's mark
    from semtel_ops.settings import Settings
    from semtel_ops.steps.gold_import import import_gold

    manifest = import_gold(settings=Settings.from_env(), people=_names(people), **options)
    if as_json:
        show_manifest(manifest, as_json=True)
    else:
        show_manifest({key: value for key, value in manifest.items() if not key.startswith("problem")}, as_json=False)
        for problem in manifest["problems"]:
            click.echo(printable(f"{problem['where']}: {problem['reason']}"), err=True)
        more = manifest["problem_count"] - len(manifest["problems"])
        if more:
            click.echo(f"and {count(more, 'more problem')}", err=True)
    if manifest["state"] == "refused":
        click.echo("nothing was imported", err=True)
        raise click.exceptions.Exit(2)


def _words(text: str | None) -> Sequence[str] | None:
    return None if text is None else separated(text)


def _names(text: str | None) -> dict[str, str]:
    names: dict[str, str] = {}
    for part in _words(text) or ():
        known, mark, name = part.partition("=")
        if not mark or not known or not name:
            raise click.BadParameter(f"{part!r} has no name; write ID=NAME, such as 10=ada", param_hint="--people")
        names[known] = name
    return names


def _draw_lines(manifest: dict[str, Any]) -> list[str]:
    state = {"dry_run": "dry run: nothing was recorded", "already_drawn": "was drawn before: nothing was changed"}
    lines = [
        f"draw        {manifest['draw']}  ({state.get(manifest['state'], 'recorded')})",
        f"drawn       {number(manifest['drawn'])} of {count(manifest['population'], 'conversation')} of {manifest['week']}",
        f"classifiers {', '.join(manifest['classifiers'])}",
    ]
    if len(manifest["strata"]) > 1:
        for stratum in manifest["strata"]:
            name = stratum["name"] or "no rare label"
            drawn = f"{number(stratum['drawn'])} of {number(stratum['population'])}"
            lines.append(f"stratum     {name}: {drawn}, probability {stratum['probability']:.4f}")
    lines.append(f"expected half-widths of corrected shares, if kappa of the model with people is {manifest['assumed_kappa']}:")
    by_classifier: dict[str, list[dict[str, Any]]] = {}
    for label in manifest["labels"]:
        by_classifier.setdefault(label["classifier"], []).append(label)
    for classifier, labels in by_classifier.items():
        lines.append(f"  {words(classifier)}")
        for label in labels[:_MOST_LABELS]:
            rows = (
                "the week is too small" if label["rows_for_2_points"] is None else f"{number(label['rows_for_2_points'])} drawn"
            )
            lines.append(
                f"    {label['label']:<28} {percent(label['share']):>6}  about {label['gold_rows']:>5.0f} drawn  "
                f"± {100 * label['half_width']:.1f} points  (± 2.0: {rows})"
            )
    return lines


def _shown_draw(draw: dict[str, Any]) -> list[str]:
    size = f"{number(draw['drawn'])} of {count(draw['population'], 'conversation')} of {draw['week']}"
    lines = [f"draw {draw['draw']}: {size}, drawn {draw['created_at'][:10]} by {draw['created_by']}"]
    for one in draw["classifiers"]:
        people = ", ".join(
            f"{person} {number(counts['labels'])}" + (f" ({number(counts['skipped'])} skipped)" if counts["skipped"] else "")
            for person, counts in one["people"].items()
        )
        undecided = f", {count(one['open'], 'disagreement')} undecided" if one["open"] else ""
        lines.append(
            f"  {one['classifier']}: {number(one['gold'])} with a gold label{undecided}; {people or 'nobody labelled yet'}"
        )
        if one["changed"]:
            lines.append(f"    {count(one['changed'], 'label')} changed after the model's answer was shown")
        lines += [f"    {pair['first']} and {pair['second']}: {_agreement(pair)}" for pair in one["between_people"]]
        for pair in one["labellers"]:
            model = one["models"].get(pair["second"], "model not known")
            lines.append(f"    labeller {pair['second']} ({model}): {_agreement(pair)}")
    return lines


def _agreement(pair: dict[str, Any]) -> str:
    kappa = pair["kappa"]
    shown = coefficient(kappa["value"])
    if kappa["value"] is not None:
        shown += f" (95% CI {coefficient(kappa['low'])} to {coefficient(kappa['high'])})"
    equal = pair["equal"]
    weighted = "" if pair["weighted"] is None else f", quadratic kappa {coefficient(pair['weighted']['value'])}"
    return (
        f"kappa {shown}{weighted}, {percent(equal['share'])} equal ({interval(equal['low'], equal['high'])}), "
        f"n = {number(equal['n'])}"
    )
