from pathlib import Path

from semtel_ops.page import PageContext
from semtel_ops.page.classifiers import classifiers_view
from semtel_ops.store.layout import Lake
from semtel_ops.testing.landed import make_landed_rows
from tests.support.ledger_year import CLASSIFIERS, run_of


def test_every_prompt_file_is_there_with_its_definitions_and_its_versions(source, weeks):
    by_id = {classifier["id"]: classifier for classifier in classifiers_view(source)["classifiers"]}
    assert set(CLASSIFIERS) <= set(by_id)
    assert all(label["definition"] for label in by_id["topic"]["labels"])
    assert by_id["topic"]["versions"] == [{"version": "1", "first": weeks[0], "last": weeks[-1]}]
    assert by_id["topic"]["health"] is None


def test_health_is_counted_from_the_published_rows(source, last, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from semtel_ops.store.tables import LABELS

    lake = Lake(str(tmp_path))
    rows = make_landed_rows(week=last, run_id=run_of(last), conversations=50, shards=1)
    place = Path(lake.run(last, run_of(last)).labels_folder) / "shard=0000.parquet"
    place.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=LABELS), place)
    view = classifiers_view(PageContext(source.ledger, lake, source.prompts))
    health = next(classifier for classifier in view["classifiers"] if classifier["id"] == "topic")["health"]
    mine = [row for row in rows if row["classifier"] == "topic"]
    assert health["rows"] == len(mine)
    assert health["by_status"]["success"] == sum(row["status"] == "success" for row in mine)
    assert sum(health["matched_by"].values()) == health["by_status"]["success"]


def test_a_classifier_whose_file_is_gone_keeps_its_history(source, weeks, tmp_path):
    view = classifiers_view(PageContext(source.ledger, source.lake, tmp_path))
    topic = next(classifier for classifier in view["classifiers"] if classifier["id"] == "topic")
    assert "missing" in topic["problem"]
    assert topic["versions"][0]["first"] == weeks[0]
