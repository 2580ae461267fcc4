"""Gold labels in a ledger, as people and a draw leave them there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from semtel_ops.store.gold_ledger import GoldLedger
from semtel_ops.store.gold_rows import GoldDraw, GoldItem, GoldLabel, Stratum
from semtel_ops.store.ledger import Ledger

AT = datetime(2026, 11, 27, 12, tzinfo=UTC)

Truth = str | tuple[str, Sequence[str]]
"""A label; or of several labels, the first and all of them; or of a rubric, the verdict and its items."""


def save_gold(
    ledger: Ledger,
    truths: Mapping[str, Truth],
    *,
    population: int,
    classifier: str = "topic",
    week: str = "2026-W47",
    run_id: str = "manual",
    weights: Mapping[str, float] | None = None,
    people: Sequence[str] = ("ada",),
) -> str:
    """Record a simple random draw of these conversations and the labels that each person gave; returns the draw's id."""
    draw = GoldDraw(
        draw_id=f"{week}-{classifier}", week=week, run_id=run_id, salt="s", size=len(truths), drawn=len(truths),
        population=population, classifiers=(classifier,), strata=(Stratum("", population, len(truths)),), rare=(),
        shared_share=1.0, created_at=AT, created_by="ada",
    )  # fmt: skip
    items = [
        GoldItem(
            draw.draw_id, one, at, "", len(truths) / population, 1.0 if weights is None else weights[one], 0, True, week, run_id
        )
        for at, one in enumerate(truths)
    ]
    gold = GoldLedger(ledger)
    gold.save_draw(draw, items, [])
    gold.save_labels([_label(draw, one, truth, person) for one, truth in truths.items() for person in people])
    return draw.draw_id


def _label(draw: GoldDraw, conversation: str, truth: Truth, person: str) -> GoldLabel:
    label, labels = (truth, None) if isinstance(truth, str) else (truth[0], tuple(truth[1]))
    return GoldLabel(draw.draw_id, conversation, draw.classifiers[0], person, label, labels, False, "page", 4.0, AT)
