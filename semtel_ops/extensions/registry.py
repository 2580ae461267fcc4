"""Implementations by name, imported when they are used. The design follows fsspec's registry of file systems."""

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
    """The implementations of an extension point: those of this package and of installed packages.

    Args:
        thing: what an implementation is called in messages: "truncation strategy".
        builtin: name → `module:attribute`, for this package.
        group: entry point group for installed packages. An entry point with the name of a built-in implementation is ignored.
    """

    def __init__(self, thing: str, builtin: Mapping[str, str], *, group: str) -> None:
        self.thing = thing
        self.group = group
        self._builtin = dict(builtin)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a name. For built-in names, installed packages are not searched."""
        return name in self._builtin or name in self._installed

    def names(self) -> tuple[str, ...]:
        """Built-in names in the table's order, then those of installed packages in alphabetical order.

        The first call in a process, of any registry, searches all installed distributions, which takes about 60 ms.
        """
        return (*self._builtin, *sorted(self._installed))

    def load(self, name: str) -> Any:
        """Import and return the implementation.

        Raises:
            ConfigError: the name is unknown, or the implementation cannot be imported.
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
            cause = f"{type(error).__name__}: {error}"
            raise ConfigError(self.thing, name, f"cannot be imported from {entry.value} ({cause})") from error

    def describe(self, name: str) -> str:
        """The implementation's `summary`, or the first paragraph of its docstring.

        Raises:
            ConfigError: as `load`.
        """
        implementation = self.load(name)
        text = getattr(implementation, "summary", None) or implementation.__doc__ or ""
        return " ".join(text.partition("\n\n")[0].split())

    def checked(self, name: str) -> str:
        """Return the name if it is known.

        Raises:
            ValueError: the name is unknown; the message names the nearest and all known names.
        """
        if name not in self:
            raise ValueError(self.why_unknown(name))
        return name

    def why_unknown(self, name: str) -> str:
        """The part of an error message after an unknown name."""
        known = self.names()
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"is not a {self.thing}; {hint}known: {', '.join(known)}"

    @cached_property
    def _installed(self) -> Mapping[str, EntryPoint]:
        entries = {entry.name: entry for entry in _entry_points().select(group=self.group)}
        for name in entries.keys() & self._builtin.keys():
            log.warning("%s %s of %s is ignored: the name is built in", self.thing, name, entries[name].value)
        return {name: entry for name, entry in entries.items() if name not in self._builtin}


_entry_points = cache(entry_points)
"""The entry points of all installed distributions, read once per process."""
