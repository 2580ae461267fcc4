import re

import pytest

from semtel_ops.quality import AllowedLabels
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


@pytest.mark.parametrize(
    "page", ["<html><head><title>a</title></head></html>", "<HTML><HEAD lang='en'></HEAD></HTML>", "<p>no head</p>", ""]
)
def test_every_page_forbids_scripts_before_anything_else_in_it(page):
    clean = self_contained(page)
    before, _, _ = clean.partition('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'')
    assert before != clean
    assert set(re.findall("<(\\w+)", before.lower())) <= {"html", "head"}


def test_hostile_names_become_no_markup_of_a_page(judge, rows, tmp_path, allowed):
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    found = rows()
    for row in found[:40]:
        row["label"] = hostile
        row["conversation_id"] += hostile
    judge(found, docs=True, labels=(*allowed, AllowedLabels(hostile, (hostile,))))
    publish_docs(tmp_path / "docs", str(tmp_path / "out"))
    pages = [page.read_text() for page in (tmp_path / "out").rglob("*.html")]
    assert not any(re.search(r"<img|<script", page) for page in pages)


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js>", "<script>never closed", "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<math><a xlink:href=javascript:alert(1)>x</a></math>",
        "<iframe srcdoc='<script>alert(1)</script>'>", "<meta http-equiv=refresh content='0;url=https://evil.example'>",
        "<base href=https://evil.example>", "<form action=https://evil.example><input></form>", "<style>@import '//evil.example'</style>",
        "<a href='javascript:alert(1)'>x</a>", "<a href='https://evil.example/a.html'>x</a>", "<a href='//evil.example/a.html'>x</a>",
        "<a href='java\tscript:alert(1).html'>x</a>", "<b onclick=alert(1) style='position:fixed'>x</b>", "<object data=x>", "<!--><img src=x>-->",
        "</td></table></body><script>alert(1)</script>", "<div id=x onmouseover\n=alert(1)>", "<p/onclick=alert(1)>", "<x" + "<y" * 50,
    ],
)  # fmt: skip
def test_no_markup_that_runs_loads_or_leads_elsewhere_is_left(attack):
    clean = self_contained(f"<html><head></head><body><table><tr><td>{attack}</td></tr></table><p>after</p></body></html>")
    found = re.findall(r"<(?!/)([a-z]+)((?:\s[^<>]*)?)>", clean.replace("<style>", "", 1))
    kept = ["html", "head", "body", "table", "tr", "td", "a", "b", "p", "div"]
    assert {tag for tag, _ in found} <= {*kept, "meta"}
    assert sum(tag == "meta" for tag, _ in found) == 2
    assert all(re.fullmatch(r'( id="x")?', attributes) for tag, attributes in found if tag != "meta"), found
