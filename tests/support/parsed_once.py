"""Files that every step of a run reads, parsed once in a process for as long as they stay unchanged."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from semtel_ops.classifiers import catalog
from semtel_ops.endpoints import load_models
from semtel_ops.runs import resources
from semtel_ops.steps import repair_prompts


@contextmanager
def parsed_once() -> Iterator[None]:
    """Until the block ends, prompt files and models.yaml are read in this way."""
    with pytest.MonkeyPatch.context() as patch:
        load_classifier = _remembered(catalog.load_classifier)
        patch.setattr(catalog, "load_classifier", load_classifier)
        patch.setattr(repair_prompts, "load_classifier", load_classifier)
        patch.setattr(resources, "load_models", _remembered(load_models))
        yield


def _remembered(parse: Callable[[Path], Any]) -> Callable[[str | Path], Any]:
    """Parse each state of a file once; a file that cannot be parsed is tried each time."""
    known = cache(lambda path, *_: parse(path))
    return lambda path: known(Path(path), *_state(path))


def _state(path: str | Path) -> tuple[int, int]:
    """What changes with a file's content."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
