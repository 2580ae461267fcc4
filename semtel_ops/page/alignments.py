"""The pages of alignments."""

import fsspec

from semtel_ops.page.context import NotThereError, PageContext
from semtel_ops.store.run_name import slug


def kept_alignment(source: PageContext, alignment_id: str) -> bytes:
    """The stored page of an alignment in the lake, as HTML.

    Raises:
        NotThereError: there is no such alignment, or it has no page.
    """
    try:
        with fsspec.open(source.lake.path("experiments", slug(alignment_id), "report.html"), "rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        raise NotThereError("there is no such alignment, or it has no page yet") from None
