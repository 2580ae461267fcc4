import pytest

from semtel_ops.page import NotThereError, PageContext
from semtel_ops.page.alignments import kept_alignment
from semtel_ops.store.layout import Lake


def test_the_page_of_an_alignment_is_found_by_its_name(tmp_path, source):
    folder = tmp_path / "lake" / "experiments" / "luna"
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("<html>", encoding="utf-8")
    here = PageContext(source.ledger, Lake(str(tmp_path / "lake")), tmp_path)
    assert kept_alignment(here, "luna") == b"<html>"
    for name in ("sol", "../luna", "luna/lake"):
        with pytest.raises(NotThereError, match="no such alignment"):
            kept_alignment(here, name)
