"""The table of types × languages of a measured scrubber, in Markdown."""

from collections.abc import Iterator, Sequence

from semtel_ops.conversations.scrub import PiiType
from semtel_ops.evaluation.intervals import Share
from semtel_ops.evaluation.scrub_quality import Outcome, precision, recall


def tables(outcomes: Sequence[Outcome]) -> str:
    """Recall and precision by type and by language with 95% Wilson intervals, then found/marked for each kind and language."""
    return "\n".join([*_by_type(outcomes), *_by_language(outcomes), *_by_kind(outcomes)])


def _by_type(outcomes: Sequence[Outcome]) -> Iterator[str]:
    held_out = [outcome for outcome in outcomes if outcome.snippet.held_out]
    yield from _head("type", "recall", "95%", "recall, held out", "95%", "precision", "95%")
    rows: list[PiiType | None] = [*PiiType, None]
    for pii in rows:
        if pii is not None and not recall(outcomes, pii).n and not precision(outcomes, pii).n:
            continue
        name = "**all**" if pii is None else f"`{pii}`"
        yield _row(name, *_share(recall(outcomes, pii)), *_share(recall(held_out, pii)), *_share(precision(outcomes, pii)))
    yield ""


def _by_language(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield from _head("language", "recall", "95%", "precision", "95%", "snippets", "left as they were, of those without marks")
    for language in _languages(outcomes):
        own = [outcome for outcome in outcomes if outcome.snippet.language == language]
        plain = [outcome for outcome in own if not outcome.snippet.marks]
        kept = sum(not outcome.wrong for outcome in plain)
        yield _row(language, *_share(recall(own)), *_share(precision(own)), str(len(own)), f"{kept}/{len(plain)}")
    yield ""


def _by_kind(outcomes: Sequence[Outcome]) -> Iterator[str]:
    languages = _languages(outcomes)
    kinds = sorted({(mark.type, mark.kind) for outcome in outcomes for mark in outcome.snippet.marks})
    yield from _head("kind", *languages, "all")
    for pii, kind in kinds:
        cells = [
            _fraction(recall([outcome for outcome in outcomes if outcome.snippet.language == language], pii, kind))
            for language in languages
        ]
        yield _row(f"`{pii}{'/' if kind else ''}{kind}`", *cells, _fraction(recall(outcomes, pii, kind)))
    yield ""


def _languages(outcomes: Sequence[Outcome]) -> list[str]:
    return sorted({outcome.snippet.language for outcome in outcomes})


def _head(*cells: str) -> tuple[str, str]:
    return _row(*cells), _row(*("---" for _ in cells)).replace(" ", "")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _share(share: Share) -> tuple[str, str]:
    """The share with its rows, and its interval."""
    if not share.n:
        return "", ""
    return f"{share.share:.2f} of {share.n}", f"{share.low:.2f}–{share.high:.2f}"


def _fraction(share: Share) -> str:
    return f"{round(share.share * share.n)}/{share.n}" if share.n else ""
