import shutil
from collections.abc import Iterator

import pytest

from tests.support.recipes import CopiedProject


@pytest.fixture(scope="module")
def copied_project(tmp_path_factory: pytest.TempPathFactory, project_root) -> Iterator[CopiedProject]:
    """A copy of the project, in which recipes are followed."""
    root = tmp_path_factory.mktemp("project")
    yield CopiedProject.of(project_root, root)
    shutil.rmtree(root)
