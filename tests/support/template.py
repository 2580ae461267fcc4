"""A folder that costs much to fill, filled once and found by each test as it was."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Self


class Template:
    """Files of a run name each other by their paths: what is filled in `place` is kept beside it, and copied back there.

    Attributes:
        place: the folder, to be filled before `keep` is called.
    """

    def __init__(self, folder: Path) -> None:
        self.place = folder / "installation"
        self._kept = folder / "kept"
        self.place.mkdir()

    def keep(self) -> None:
        """Put aside what `place` holds now; nothing may have its files open."""
        self.place.rename(self._kept)

    def branched(self, folder: Path) -> Self:
        """Another template, of what `place` holds now; nothing may have its files open."""
        branch = copy(self)
        branch._kept = folder / "kept"
        shutil.copytree(self.place, branch._kept)
        return branch

    @contextmanager
    def restored(self) -> Iterator[Path]:
        """`place` as it was kept, until the block ends."""
        shutil.copytree(self._kept, self.place)
        try:
            yield self.place
        finally:
            shutil.rmtree(self.place)
