from semtel_ops.steps.repair_rows import ShownRows, rows_of, turn_texts
from tests.support.repair_bench import RepairBench


def test_rows_are_those_that_the_reference_labels(installation):
    bench = RepairBench(installation, rows=130)
    rows = rows_of(bench.frozen, {"c1": "money", "c2": "money", "elsewhere": "money"})
    assert sorted(rows.rows) == ["c1", "c2"]
    assert len(list(turn_texts(bench.frozen))) == 130


def test_shown_rows_are_fenced_and_remembered(installation):
    bench = RepairBench(installation, rows=130)
    shown = ShownRows(bench.labeller)
    (text,) = shown(["c7", "elsewhere"])
    assert text.startswith("<conversation>\n")
    assert "number 7," in text
    assert shown.texts == {"c7": text}
