import json

from semtel_ops.cli.demo.task_log import excerpt, log_file, reason

FAILED = {
    "level": "error",
    "event": "Task failed with exception",
    "error_detail": [
        {"exc_type": "ConfigError", "exc_value": "week: '2026-99' must be an ISO week", "frames": [{"name": "plan"}]}
    ],
}


def written(tmp_path, *lines):
    log = tmp_path / "attempt=1.log"
    log.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return log


def test_a_mapped_instance_has_a_folder_of_its_own(tmp_path):
    instance = {"dag_id": "d", "dag_run_id": "r", "task_id": "realtime.classify", "map_index": 3, "try_number": 2}
    assert log_file(tmp_path, instance) == tmp_path / "dag_id=d/run_id=r/task_id=realtime.classify/map_index=3/attempt=2.log"


def test_an_unmapped_one_has_none(tmp_path):
    instance = {"dag_id": "d", "dag_run_id": "r", "task_id": "plan", "map_index": -1, "try_number": 1}
    assert log_file(tmp_path, instance) == tmp_path / "dag_id=d/run_id=r/task_id=plan/attempt=1.log"


def test_an_exception_is_told_by_type_and_message_without_frames(tmp_path):
    told = excerpt(written(tmp_path, {"level": "info", "event": "reading"}, FAILED))
    assert told == ["INFO reading", "ERROR Task failed with exception", "ConfigError: week: '2026-99' must be an ISO week"]


def test_the_reason_is_the_last_exception_in_one_line(tmp_path):
    assert (
        reason(written(tmp_path, FAILED, {"level": "info", "event": "after"}))
        == "ConfigError: week: '2026-99' must be an ISO week"
    )


def test_a_log_without_an_exception_gives_no_reason(tmp_path):
    assert reason(written(tmp_path, {"level": "info", "event": "fine"})) == "see its log"


def test_lines_that_are_not_json_are_told_as_they_are(tmp_path):
    assert excerpt(written(tmp_path, "plain words", "[1, 2]", '{"half": ')) == ["plain words", "[1, 2]", '{"half": ']


def test_a_missing_log_is_said_to_be_missing(tmp_path):
    assert excerpt(tmp_path / "none.log") == ["(no log file)"]
