import pytest

from semtel_ops.cli.demo.folder import DemoFolder


@pytest.fixture
def folder(tmp_path):
    """A demo's folder of the test's own, in a project that has what a demo needs."""
    project = tmp_path / "project"
    (project / "include/sample").mkdir(parents=True)
    found = DemoFolder(project, project / ".demo")
    found.create()
    return found
