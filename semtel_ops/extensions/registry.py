"""Implementations by name, imported when they are used; the design is that of fsspec's registry of file systems."""

import difflib
import logging
from collections.abc import Mapping
from functools import cache, cached_property
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from semtel_ops.errors import ConfigError

log = logging.getLogger(__name__)


class Registry:
    """The implementations of one thing, ours and those of installed packages.

    Args:
        thing: what one of them is, for messages: "truncation strategy".
        builtin: name → `module:attribute`.
        group: the entry point group in which installed packages name theirs.
    """

    def __init__(self, thing: str, builtin: Mapping[str, str], *, group: str) -> None:
        self.thing = thing
        self.group = group
        self._builtin = dict(builtin)

    def __contains__(self, name: object) -> bool:
        """Ours are known without a look at what is installed."""
        return name in self._builtin or name in self._installed

    def names(self) -> tuple[str, ...]:
        """Ours in the table's order, then those of installed packages in alphabetical order.

        The first call in a process, of any registry, looks at every installed distribution: some 60 ms.
        """
        return (*self._builtin, *sorted(self._installed))

    def load(self, name: str) -> Any:
        """The implementation.

        Raises:
            ConfigError: there is none of this name, or it cannot be imported.
        """
        if name in self._builtin:
            module, _, attribute = self._builtin[name].partition(":")
            return getattr(import_module(module), attribute)
        entry = self._installed.get(name)
        if entry is None:
            raise ConfigError(self.thing, name, self.why_unknown(name))
        try:
            return entry.load()
        except (ImportError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}"
            raise ConfigError(self.thing, name, f"cannot be imported from {entry.value} ({said})") from error

    def describe(self, name: str) -> str:
        """What an implementation is, in a sentence: its `summary`, or the first paragraph of its docstring.

        Raises:
            ConfigError: as `load`.
        """
        implementation = self.load(name)
        text = getattr(implementation, "summary", None) or implementation.__doc__ or ""
        return " ".join(text.partition("\n\n")[0].split())

    def checked(self, name: str) -> str:
        """The name itself.

        Raises:
            ValueError: it is not known; the message names the nearest, and all that are.
        """
        if name not in self:
            raise ValueError(self.why_unknown(name))
        return name

    def why_unknown(self, name: str) -> str:
        """How an unknown name is explained to those who gave it."""
        known = self.names()
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"is not a {self.thing}; {hint}known: {', '.join(known)}"

    @cached_property
    def _installed(self) -> Mapping[str, EntryPoint]:
        found = {entry.name: entry for entry in _entry_points().select(group=self.group)}
        for name in found.keys() & self._builtin.keys():
            log.warning("%s %s of %s is ignored: semtel-ops has one of that name", self.thing, name, found[name].value)
        return {name: entry for name, entry in found.items() if name not in self._builtin}


_entry_points = cache(entry_points)
"""Those of all installed distributions, read once a process."""
