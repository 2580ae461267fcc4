"""Great Expectations' Data Docs, stored with the week's reports and readable without a network.

Great Expectations' pages load Bootstrap, jQuery and a logo from third-party servers: offline they have no style, and online
these servers learn who reads them. Here all scripts and external links are replaced by a small style sheet. The week's own
report has all results too; these pages are for people who know Great Expectations.
"""

import html
import re
from pathlib import Path
from urllib.parse import quote

from semtel_ops.store.files import atomic_write, remove

_STYLE = """
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
td, th { border-bottom: 1px solid #8884; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td div { overflow-wrap: anywhere; }
h4, h5, h6 { margin: 1rem 0 .3rem; }
ul, ol { padding-left: 1.2rem; }
.ge-breadcrumbs { list-style: none; display: flex; flex-wrap: wrap; gap: .8rem; padding: 0; }
.alert { background: #8882; padding: .5rem .8rem; border-radius: 6px; }
.alert h5 { margin: 0; }
.fa-check-circle::before { content: "✓"; color: #1a7f4b; font-weight: bold; }
.fa-times::before { content: "✗"; color: #c0362c; font-weight: bold; }
.fa-exclamation-triangle::before { content: "!"; color: #b7791f; font-weight: bold; }
nav { height: auto !important; }
.sticky, .popover, .modal, .cooltip .top, .d-none:not(.ge-breadcrumbs), footer { display: none; }
</style>
"""
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Data Docs</title></head>
<body>
<h1>Data Docs of the week</h1>
<table><thead><tr><th>Frame</th><th>Results</th></tr></thead>
<tbody>{rows}</tbody></table>
</body>
</html>
"""
_ROW = '<tr><td>{suite}</td><td><a href="{results}">validation result</a></td></tr>\n'
_SCRIPTS = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_FOOTER = re.compile(r"<footer\b.*?</footer\s*>", re.DOTALL | re.IGNORECASE)
_IMPORTS = re.compile(r"url\(\s*['\"]?https?://[^)]*\)", re.IGNORECASE)
_SUITE_LINK = re.compile(r"<a\b[^>]*href=[\"'][^\"']*expectations/[^>]*>(.*?)</a\s*>", re.DOTALL | re.IGNORECASE)
"""To a page of the suite, which is not built (`gx`)."""
_OUTSIDE = re.compile(r"<(?:link|img)\b[^>]*?(?:href|src)\s*=\s*[\"']?https?://[^>]*>", re.IGNORECASE)


def publish_docs(folder: str | Path, url: str) -> str:
    """Replace the pages at `url` by those of a local folder; return the URL of the first page."""
    root = Path(folder)
    results = sorted(path.relative_to(root).as_posix() for path in (root / "validations").rglob("*.html"))
    remove(url)
    for page in results:
        _write(f"{url}/{page}", (root / page).read_text(encoding="utf-8"))
    # Written last, so that all its links exist. Great Expectations' own first page needs scripts.
    first = f"{url}/index.html"
    _write(first, _INDEX.format(rows="".join(map(_row, results))))
    return first


def self_contained(page: str) -> str:
    """The page without scripts and without anything that is loaded from other servers."""
    for unwanted in (_SCRIPTS, _FOOTER, _OUTSIDE):
        page = unwanted.sub("", page)
    page = _SUITE_LINK.sub(r"\1", page)
    return _IMPORTS.sub("none", page).replace("</head>", f"{_STYLE}</head>", 1)


def _write(url: str, page: str) -> None:
    with atomic_write(url) as file:
        file.write(self_contained(page).encode())


def _row(page: str) -> str:
    suite = page.split("/")[1]
    return _ROW.format(suite=html.escape(suite), results=quote(page))
