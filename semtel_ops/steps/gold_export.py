"""Write the conversations of a draw to files for other labelling tools, or the labels of people without text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from semtel_ops.classifiers import load_classifiers
from semtel_ops.errors import ConfigError
from semtel_ops.gold.exchange import FORMATS, Task, argilla, jsonl, label_studio
from semtel_ops.gold.question import question_of
from semtel_ops.gold.texts import texts_of
from semtel_ops.runs.resources import open_settled
from semtel_ops.settings import Settings
from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldDraw
from semtel_ops.store.layout import Lake

LABELS: Final = "labels"
EXPORTS: Final = (*FORMATS, LABELS)


def export_gold(
    *,
    settings: Settings,
    out: str,
    draw_id: str | None = None,
    form: str = "jsonl",
    classifiers: Sequence[str] | None = None,
    with_text: bool = False,
) -> dict[str, Any]:
    """Write a draw to a folder, and return a manifest.

    All formats but `labels` contain conversation text, with personal data replaced, and no answer of a model or a person.

    Args:
        draw_id: by default the latest draw.
        with_text: the caller's consent to writing conversation text outside of the lake.

    Raises:
        ConfigError: there is no such draw or classifier, or text would be written without consent.
    """
    if form not in EXPORTS:
        raise ConfigError("format", form, f"is not known; one of: {', '.join(EXPORTS)}")
    if form != LABELS and not with_text:
        fix = "writes conversation text to files that nothing erases later; add --with-text, or export the format labels"
        raise ConfigError("format", form, fix)
    with open_settled(settings) as ledger:
        gold = GoldLedger(ledger)
        draw = draw_of(gold, draw_id)
        chosen = _chosen(draw, classifiers)
        manifest: dict[str, Any] = {"draw": draw.draw_id, "week": draw.week, "format": form, "classifiers": list(chosen)}
        if form == LABELS:
            url, written = jsonl.write_labels(out, _labels(gold, draw, chosen))
            return {**manifest, "files": [url], "labels": written}
        questions = [question_of(spec) for spec in load_classifiers(settings.prompts, chosen)]
        tasks = _Tasks(gold, Lake(settings.lake), draw)
        if form == "label-studio":
            files = label_studio.write(out, tasks, questions)
        elif form == "argilla":
            files = argilla.write(out, tasks, questions, draw_id=draw.draw_id, people=2 if draw.shared_share == 1 else 1)
        else:
            files = jsonl.write(out, tasks, questions)
    return {**manifest, "files": files, "conversations": tasks.written, "without_text": draw.drawn - tasks.written}


def draw_of(gold: GoldLedger, draw_id: str | None) -> GoldDraw:
    """A draw by its id, or the latest.

    Raises:
        ConfigError: there is none.
    """
    draws = gold.draws()
    if not draws:
        raise ConfigError("draw", draw_id, "does not exist: nothing was drawn yet; run `semtel gold draw --week WEEK`")
    if draw_id is None:
        return max(draws, key=lambda draw: draw.created_at)
    found = next((draw for draw in draws if draw.draw_id == draw_id), None)
    if found is None:
        known = ", ".join(draw.draw_id for draw in draws[-5:])
        raise ConfigError("draw", draw_id, f"does not exist; the latest: {known}")
    return found


def _chosen(draw: GoldDraw, wanted: Sequence[str] | None) -> tuple[str, ...]:
    for classifier in wanted or ():
        if classifier not in draw.classifiers:
            fix = f"is not part of draw {draw.draw_id}; one of: {', '.join(draw.classifiers)}"
            raise ConfigError("classifiers", classifier, fix)
    return tuple(dict.fromkeys(wanted)) if wanted else draw.classifiers


class _Tasks:
    """The conversations of a draw with their texts, shard by shard. `written`: how many were read."""

    def __init__(self, gold: GoldLedger, lake: Lake, draw: GoldDraw) -> None:
        self._items, self._lake, self._draw = gold.items(draw.draw_id), lake, draw
        self.written = 0

    def __iter__(self) -> Iterator[Task]:
        position = {item.conversation_id: item.position for item in self._items}
        for text in texts_of(self._lake, self._items):
            self.written += 1
            yield Task(
                draw_id=self._draw.draw_id,
                week=self._draw.week,
                conversation_id=text.conversation_id,
                position=position[text.conversation_id],
                language=text.language,
                turns=text.turns,
            )


def _labels(gold: GoldLedger, draw: GoldDraw, classifiers: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    for classifier in classifiers:
        for label in gold.labels_of(draw.draw_id, classifier):
            yield {
                "draw_id": label.draw_id, "conversation_id": label.conversation_id, "classifier": label.classifier,
                "person": label.person, "label": label.label, "labels": label.labels, "skipped": label.skipped,
                "source": label.source, "seconds": label.seconds, "labelled_at": label.labelled_at.isoformat(),
            }  # fmt: skip
