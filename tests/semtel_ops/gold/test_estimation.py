import pytest

from semtel_ops.evaluation.corrected import corrected_shares
from semtel_ops.evaluation.intervals import share_of
from semtel_ops.gold.estimation import pairs_of
from semtel_ops.store.gold_rows import GoldRow


def row(at, gold, llm, *, labeller="a" * 16, probability=0.05):
    return GoldRow("d", f"c{at}", "mood", "2026-W47", "r", "", probability, 1.0, gold, llm, "r", labeller, 1, ruled=False)


def test_rows_that_are_alike_become_one_and_those_without_an_answer_none():
    rows = [
        row(1, ("yes",), ("no",)),
        row(2, ("yes",), ("no",)),
        row(3, ("no",), ("no",)),
        row(4, ("no",), ()),
        row(5, ("no",), ("no",), labeller=None),
    ]
    found = {(tuple(one.truth), tuple(one.said), one.labeller): one.rows for one in pairs_of(rows)}
    assert found == {(("yes",), ("no",), "a" * 16): 2, (("no",), ("no",), "a" * 16): 1, (("no",), ("no",), ""): 1}


def test_they_are_what_the_two_phase_estimator_takes():
    # N 10,000, f 0.32; gold n 500: 130 (y1 f1), 20 (y0 f1), 10 (y1 f0), 340 (y0 f0): with λ 0.8381 the share is 0.2968.
    cells = [(130, "yes", "yes"), (20, "no", "yes"), (10, "yes", "no"), (340, "no", "no")]
    rows = [row(f"{at}.{number}", (gold,), (llm,)) for at, (n, gold, llm) in enumerate(cells) for number in range(n)]
    raw = {"yes": share_of(3_200, 10_000, 10_000, 10_000), "no": share_of(6_800, 10_000, 10_000, 10_000)}
    found = corrected_shares(raw, pairs_of(rows), week="2026-W47", labeller="a" * 16, one_label=True)["yes"]
    assert found.method == "two_phase"
    assert found.n_gold == 500
    assert found.share.share == pytest.approx(0.2968, abs=5e-5)
    assert (found.share.low, found.share.high) == (pytest.approx(0.2750, abs=5e-5), pytest.approx(0.3195, abs=5e-5))
