"""Folders of prompt files for a repair: one for each prompt that is tried, with the wording that prompts share."""

import hashlib
import shutil
from pathlib import Path

from semtel_ops.classifiers import ClassifierSpec, load_classifier
from semtel_ops.errors import PromptFileError
from semtel_ops.prompts.catalog import SUFFIX
from semtel_ops.repair import PromptParts, PromptSource
from semtel_ops.repair.parts import fingerprint


class PromptFolders:
    """Writes prompts as files that runs can read.

    Attributes:
        start: the classifier as its file defines it.
    """

    def __init__(self, source: PromptSource, prompts: Path, work: Path) -> None:
        """`prompts`: the folder of the start prompt; `work`: a folder of this machine."""
        self.start = load_classifier(prompts / f"{source.parts.classifier}{SUFFIX}")
        self._source, self._prompts, self._work = source, prompts, work
        self._specs: dict[str, ClassifierSpec | None] = {}

    @property
    def start_parts(self) -> PromptParts:
        """The start prompt."""
        return self._source.parts

    def folder(self, parts: PromptParts) -> Path:
        """A folder with this prompt and all shared wording; that of the start prompt is its own."""
        if parts == self._source.parts:
            return self._prompts
        folder = self._work / fingerprint(parts)
        path = folder / f"{parts.classifier}{SUFFIX}"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            for shared in self._prompts.glob("_*"):
                shutil.copyfile(shared, folder / shared.name)
            path.write_bytes(self._source.write(parts).encode())
        return folder

    def spec(self, parts: PromptParts) -> ClassifierSpec | None:
        """The classifier of a prompt; None if its file is not valid."""
        key = fingerprint(parts)
        if key not in self._specs:
            try:
                self._specs[key] = load_classifier(self.folder(parts) / f"{parts.classifier}{SUFFIX}")
            except (PromptFileError, ValueError):
                self._specs[key] = None
        return self._specs[key]

    def valid(self, parts: PromptParts) -> bool:
        """Whether a prompt's file is valid, and asks for the same labels in the same form."""
        spec = self.spec(parts)
        if spec is None:
            return False
        own = (spec.kind, sorted(spec.label_ids), sorted(spec.item_ids), _form(spec))
        return own == (self.start.kind, sorted(self.start.label_ids), sorted(self.start.item_ids), _form(self.start))

    def question(self, parts: PromptParts) -> str:
        """16 hex digits of all that a request says, without the version: equal for prompts that ask alike."""
        spec = self.spec(parts)
        assert spec is not None
        said = [spec.prompt.fingerprint, str(spec.schema), spec.max_output_tokens, parts.reasoning_effort]
        return hashlib.blake2b(repr(said).encode(), digest_size=8).hexdigest()


def _form(spec: ClassifierSpec) -> object:
    """The schema of the reply, with the values of its enums in any order."""
    return _sorted(spec.schema)


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return sorted((key, repr(_sorted(each))) for key, each in value.items())
    if isinstance(value, list):
        return sorted(repr(_sorted(each)) for each in value)
    return value
