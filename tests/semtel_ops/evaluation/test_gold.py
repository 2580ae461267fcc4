import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.classifiers import load_classifiers
from semtel_ops.evaluation.gold import compare_with_gold, golden_labels
from semtel_ops.store.layout import Lake
from semtel_ops.store.tables import CONVERSATIONS
from semtel_ops.testing.landed import make_landed_rows, write_landed

PROMPT = """---
name: {id}
displayName: {id}
description: A classifier of the tests.
metadata:
  version: "1.0.0"
  source: tests
  kind: {kind}
  labels:
{labels}
model:
  apiType: chat
  options:
    temperature: 0
    maxOutputTokens: 20
template:
  format: jinja2
---
system:
Judge the conversation.
{{% for label in labels %}}
- {{{{ label.id }}}}: {{{{ label.definition }}}}
{{% endfor %}}
user:
{{{{ conversation }}}}
"""


@pytest.fixture
def specs(tmp_path):
    def build(**kinds):
        folder = tmp_path / "prompts"
        folder.mkdir(exist_ok=True)
        for name, (kind, labels) in kinds.items():
            lines = "\n".join(f"    - {{id: '{label}', name: Label {label}, definition: About {label}.}}" for label in labels)
            (folder / f"{name}.prompty").write_text(PROMPT.format(id=name, kind=kind, labels=lines))
        return load_classifiers(folder, list(kinds))

    return build


@pytest.fixture
def compare(tmp_path, specs):
    """Compare golden values with landed (label, labels) of one classifier, conversation by conversation."""

    def run(kind, labels, golden, landed, *, extra=()):
        lake = Lake(str(tmp_path / "lake"))
        rows = make_landed_rows(conversations=len(golden), labels={"asked": {"x": 1}}, shards=1, success=1)
        for row, answer in zip(rows, landed, strict=True):
            if answer is None:
                row.update(status="error", label=None)
            else:
                row.update(
                    label=answer if isinstance(answer, str) else answer[0], labels=None if isinstance(answer, str) else answer
                )
        texts = [value if isinstance(value, bytes) else json.dumps({"asked": value}) for value in golden]
        conversations = lake.conversations("2026-W47", 0)
        write_conversations(conversations, rows, [text.decode() if isinstance(text, bytes) else text for text in texts])
        return compare_with_gold(write_landed(lake, rows), [conversations], specs(asked=(kind, labels)))

    return run


def write_conversations(url, rows, texts):
    table = [
        {
            "week": "2026-W47", "shard": 0, "conversation_id": row["conversation_id"], "content_hash": "0", "started_at": None,
            "language": "en", "turns": [], "chars": 0, "sample_weight": 1.0, "stratum": None, "labels_json": text,
        }
        for row, text in zip(rows, texts, strict=True)
    ]  # fmt: skip
    Path(url).parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(table, schema=CONVERSATIONS), url)


def test_equal_labels_agree_however_the_golden_one_is_written(compare):
    (result,) = compare(
        "one_of", ["health", "money"], ["health", " Health ", "MONEY", "money"], ["health", "health", "money", "health"]
    )
    assert result.counts == {("health", "health"): 2, ("money", "money"): 1, ("money", "health"): 1}
    assert (result.accuracy.share, result.accuracy.n) == (0.75, 4)
    # p_o = 3/4, p_e = (2·3 + 2·1)/16 = 1/2: kappa 1/2.
    assert result.kappa.value == pytest.approx(0.5)
    assert result.weighted is None


def test_yes_and_no_may_be_booleans(compare):
    (result,) = compare("yes_no", ["yes", "no"], [True, False, "yes"], ["yes", "yes", "yes"])
    assert result.counts == {("yes", "yes"): 2, ("no", "yes"): 1}


def test_levels_may_be_numbers_and_have_a_weighted_kappa(compare):
    (result,) = compare("scale", ["low", "mid", "high"], [1, 2, 3, "low"], ["low", "mid", "mid", "low"])
    assert result.counts == {("low", "low"): 2, ("mid", "mid"): 1, ("high", "mid"): 1}
    # Off by one level of two once in four: 1/16 seen. Margins (2, 1, 1)/4 and (2, 2, 0)/4; by chance Σ p q d²/4 =
    # (2·2·1 + 1·2·1 + 1·2·4 + 1·2·1)/64 = 16/64. kappa = 1 - (1/16)/(1/4) = 0.75.
    assert result.weighted.value == pytest.approx(0.75)


def test_several_labels_agree_as_a_set(compare):
    (result,) = compare("many_of", ["a1", "b1", "c1"], [["b1", "a1"], ["a1"], "c1"], [["a1", "b1"], ["a1", "c1"], ["c1"]])
    assert result.counts == {("a1 + b1", "a1 + b1"): 1, ("a1", "a1 + c1"): 1, ("c1", "c1"): 1}


def test_rows_without_success_are_counted_apart(compare):
    (result,) = compare("one_of", ["health", "money"], ["health", "money"], ["health", None])
    assert (result.accuracy.n, result.unanswered) == (1, 1)


def test_golden_values_that_are_no_label_are_counted_apart(compare):
    golden = ["health", "astrology", {"health": 1}, ["health"], 3, "x" * 5_000_000]
    (result,) = compare("one_of", ["health", "money"], golden, ["health"] * 6)
    assert (result.accuracy.n, result.unreadable) == (1, 5)


def test_what_is_not_json_or_names_other_classifiers_is_no_gold(compare):
    golden = [b"", b"{", b"[1]", b'"asked"', b'{"other": "health"}', b'{"asked": null}']
    assert compare("one_of", ["health", "money"], golden, ["health"] * 6) == []


def test_without_files_there_is_nothing_to_compare(specs):
    assert compare_with_gold([], [], specs(asked=("one_of", ["health", "money"]))) == []


def test_golden_labels_can_be_a_baseline(tmp_path, specs):
    given = [{"one": "A"}, {"one": "nothing we know"}, None, {"one": "b", "other": "x"}]
    table = [
        {"conversation_id": str(at), "labels_json": json.dumps(labels) if labels else None} for at, labels in enumerate(given)
    ]
    path = tmp_path / "conversations.parquet"
    pq.write_table(pa.Table.from_pylist(table), path)
    labels = golden_labels([str(path)], specs(one=("one_of", ["a", "b"])))
    assert labels == {("0", "one"): "a", ("3", "one"): "b"}
    assert golden_labels([], specs(one=("one_of", ["a", "b"]))) == {}
