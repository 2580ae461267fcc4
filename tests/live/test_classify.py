"""Rows of conversations labelled by a small real model, directly and through a gateway."""

from semtel_ops.store.tables import RowStatus
from tests.live.running import label_rows, manifest, note_landed, semtel, write_conversations

SAMPLE = "include/sample/conversations.jsonl.gz"
STATUSES = {status.value for status in RowStatus}
TEXTS = ("Why does my loop skip the last row of the CSV?", "Can I take ibuprofen with wine?", "hi", "Plan three days in Rome.")


def test_every_conversation_of_the_sample_gets_one_row_with_a_status(server, project_root, tmp_path):
    out = tmp_path / "out"
    ended = semtel(server, tmp_path, "classify", project_root / SAMPLE, "--limit", 12, "--classifiers", "topic", "--out", out)
    assert ended.code == 0, ended.told
    counted = manifest(out)
    note_landed(server, "classify, topic", counted["by_status"], ended)
    assert counted["sampled"] == counted["landed"] == sum(counted["by_status"].values()) == 12
    rows = label_rows(out, "conversation_id", "status")
    assert len({row[0] for row in rows}) == len(rows) == 12
    assert {row[1] for row in rows} <= STATUSES
    # The reply format makes this model name a label, so what is left are conversations longer than its context.
    assert counted["by_status"].get("success", 0) >= 10, counted


def test_the_same_command_again_asks_nothing(server, tmp_path):
    out, source = tmp_path / "out", write_conversations(tmp_path / "chats.jsonl", TEXTS)
    command = ("classify", source, "--classifiers", "topic", "--out", out)
    first = semtel(server, tmp_path, *command)
    assert first.code == 0, first.told
    before, asked = label_rows(out, "conversation_id", "label", "status"), manifest(out)["requests"]
    assert asked >= len(TEXTS)
    again = semtel(server, tmp_path, *command)
    assert again.code == 0, again.told
    assert label_rows(out, "conversation_id", "label", "status") == before
    assert again.seconds < first.seconds


def test_a_conversation_longer_than_the_context_is_shortened_and_labelled(server, tmp_path):
    long = "The heating is broken and the landlord does not answer. " * 150  # a third more than the model takes
    out, source = tmp_path / "out", write_conversations(tmp_path / "chats.jsonl", [long, TEXTS[0]])
    ended = semtel(server, tmp_path, "classify", source, "--classifiers", "topic", "--out", out)
    assert ended.code == 0, ended.told
    assert label_rows(out, "conversation_id", "status") == [("c0", "success"), ("c1", "success")]


def test_several_classifiers_in_one_request_get_a_row_each(server, tmp_path):
    out, source = tmp_path / "out", write_conversations(tmp_path / "chats.jsonl", TEXTS[:2])
    ended = semtel(server, tmp_path, "classify", source, "--classifiers", "topic,task_complexity", "--combine", "--out", out)
    assert ended.code == 0, ended.told
    counted = manifest(out)
    note_landed(server, "classify, two in one request", counted["by_status"], ended)
    assert counted["landed"] == sum(counted["by_status"].values()) == 4
