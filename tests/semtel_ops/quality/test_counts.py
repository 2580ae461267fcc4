from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from semtel_ops.errors import StoreError
from semtel_ops.quality.counts import AllowedLabels, ClassifierCounts, RowCounts, count_columns, count_rows_by_classifier
from semtel_ops.store.tables import LABELS


def by_name(facts):
    return {each.classifier: each for each in facts.classifiers}


def test_clean_rows_have_clean_counts(rows, land, allowed):
    facts = count_rows_by_classifier(land(rows(conversations=50, truncated=0)), allowed)
    assert (facts.rows, facts.truncated_rows) == (100, 0)
    topic = by_name(facts)["topic"]
    assert (topic.rows, topic.conversations, topic.succeeded) == (50, 50, 50)
    assert (topic.duplicates, topic.unknown_status, topic.unknown_label, topic.by_status, topic.examples) == (0, 0, 0, {}, {})


def test_everything_odd_is_counted_with_up_to_three_examples(rows, land, allowed):
    made = rows(conversations=50)
    topic = [row for row in made if row["classifier"] == "topic"]
    for row in topic[:4]:
        row.update(status="error", label=None)
    topic[4]["status"] = "fine"
    topic[5]["label"] = "astrology"
    topic[6]["label"] = None
    topic[7]["labels"] = ["health"]
    found = by_name(count_rows_by_classifier(land([*made, dict(topic[8]), dict(topic[8])]), allowed))["topic"]
    assert (found.rows, found.conversations, found.duplicates) == (52, 50, 2)
    assert (found.by_status, found.unknown_status, found.unknown_label) == ({"error": 4}, 1, 3)
    assert found.examples == {
        "non_success": ("c000000", "c000001", "c000002"),
        "unknown_status": ("c000004",),
        "unknown_label": ("c000005", "c000006", "c000007"),
        "duplicates": ("c000008",),
    }


def test_a_rubric_may_list_its_items(rows, land):
    made = [row for row in rows(conversations=3) if row["classifier"] == "knowledge_work"]
    for row in made:
        row["labels"] = ["thanks"]
    rubric = AllowedLabels("knowledge_work", ("yes", "no"), items=("thanks", "complaint"))
    assert count_rows_by_classifier(land(made), [rubric]).classifiers[0].unknown_label == 0


def test_the_most_frequent_label_is_counted_over_successes(rows, land, allowed):
    made = [row for row in rows(conversations=10) if row["classifier"] == "knowledge_work"]
    for number, row in enumerate(made):
        row.update(label="yes" if number < 6 else "no", status="error" if number == 0 else "success")
    assert by_name(count_rows_by_classifier(land(made), allowed))["knowledge_work"].most_frequent == 5


def test_a_classifier_without_rows_is_there_and_one_not_asked_for_is_all_unknown(rows, land):
    found = by_name(
        count_rows_by_classifier(
            land(rows(conversations=5)), [AllowedLabels("topic", ("health",)), AllowedLabels("new", ("a",))]
        )
    )
    assert found["new"] == ClassifierCounts("new")
    assert found["knowledge_work"].unknown_label == 5


def test_without_files_everything_is_0(allowed):
    facts = count_rows_by_classifier([], allowed)
    assert facts == RowCounts(0, 0, (ClassifierCounts("topic"), ClassifierCounts("knowledge_work")))


def test_files_of_the_contract_match_it(rows, land):
    facts = count_columns(land(rows(conversations=4)))
    assert len(facts) == len(LABELS.names)
    assert all(fact.matches and fact.files == 2 for fact in facts)


def test_missing_added_and_retyped_columns_and_broken_files_are_found(tmp_path):
    odd = LABELS.remove(LABELS.get_field_index("status")).append(pa.field("mood", pa.string()))
    odd = odd.set(odd.get_field_index("shard"), pa.field("shard", pa.string()))
    pq.write_table(odd.empty_table(), tmp_path / "a.parquet")
    Path(tmp_path / "b.parquet").write_bytes(b"PAR1 half a file")
    facts = count_columns([str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet"), str(tmp_path / "c.parquet")])
    assert {(fact.column, fact.expected, fact.actual, fact.where, fact.files) for fact in facts if not fact.matches} == {
        ("status", "string", "absent", "a.parquet", 1),
        ("mood", "absent", "string", "a.parquet", 1),
        ("shard", "int32", "string", "a.parquet", 1),
        ("(file)", "Parquet", "unreadable", "b.parquet", 2),
    }


def test_rows_that_meet_a_condition_are_counted_for_each_classifier_with_examples(rows, land, allowed):
    made = rows(conversations=50)
    topic = [row for row in made if row["classifier"] == "topic"]
    for row in made:
        row["matched_by"] = "exact"
    for row in topic[:4]:
        row["matched_by"] = "near"
    found = by_name(count_rows_by_classifier(land(made), allowed, {"near": "matched_by = 'near'", "odd": "attempts > 99"}))
    assert found["topic"].meeting == {"near": 4, "odd": 0}
    assert found["topic"].examples["near"] == ("c000000", "c000001", "c000002")
    assert found["knowledge_work"].meeting == {"near": 0, "odd": 0}
    assert found["knowledge_work"].examples == {}


def test_a_condition_that_is_no_sql_is_an_error_that_quotes_it(rows, land, allowed):
    with pytest.raises(StoreError, match="mached_by"):
        count_rows_by_classifier(land(rows(conversations=2)), allowed, {"near": "mached_by = 'near'"})
