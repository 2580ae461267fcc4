import re

from semtel_ops.quality.docs import publish_docs, self_contained


def test_pages_fetch_nothing_and_run_nothing(judge, rows, tmp_path):
    judge(rows(), docs=True)
    first = publish_docs(tmp_path / "docs", str(tmp_path / "out"))
    pages = {
        page.relative_to(tmp_path / "out").as_posix(): page.read_text()
        for page in (tmp_path / "out").rglob("*")
        if page.is_file()
    }
    assert first.endswith("/index.html")
    for page in pages.values():
        assert "<script" not in page
        assert not re.search(r"(?:src|href)=.?https?://|url\(.?https?://", page)
        assert "/expectations/" not in page
    for frame in ("columns", "rows", "classifiers", "run"):
        (found,) = (name for name in pages if name.startswith(f"validations/{frame}/"))
        assert found in pages["index.html"]


def test_pages_of_an_earlier_run_go(tmp_path):
    (tmp_path / "new").mkdir()
    old = tmp_path / "out" / "validations" / "rows" / "old.html"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    publish_docs(tmp_path / "new", str(tmp_path / "out"))
    assert not old.exists()


def test_what_a_page_says_stays():
    page = '<html><head><link rel="stylesheet" href="https://x/a.css"></head><body><script>a("<p>")</script><p>kept</p></body></html>'
    clean = self_contained(page)
    assert "<p>kept</p>" in clean
    assert "https://" not in clean
    assert "a(" not in clean
