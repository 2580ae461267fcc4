from semtel_ops.steps.repair_result import read_result


def test_a_folder_without_a_result_has_none(tmp_path):
    """What is written is tested with the repair itself, in test_repair.py."""
    assert read_result(str(tmp_path)) is None
