"""Great Expectations' Data Docs, put where the week's reports are, and readable without a network.

The pages as written load Bootstrap, jQuery and a logo from other people's servers: offline they are bare, and online they
tell those servers who reads them. Here they lose all scripts and outside links, and get one small style sheet instead. What
a check found is also in the week's own report; these pages are for those who know Great Expectations.
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
<h1>What was expected of the week, and what was found</h1>
<table><thead><tr><th>Frame</th><th>Found</th><th>Expected</th></tr></thead>
<tbody>{rows}</tbody></table>
</body>
</html>
"""
_ROW = '<tr><td>{suite}</td><td><a href="{found}">validation result</a></td><td><a href="{expected}">suite</a></td></tr>\n'
_SCRIPTS = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_FOOTER = re.compile(r"<footer\b.*?</footer\s*>", re.DOTALL | re.IGNORECASE)
_IMPORTS = re.compile(r"url\(\s*['\"]?https?://[^)]*\)", re.IGNORECASE)
_OUTSIDE = re.compile(r"<(?:link|img)\b[^>]*?(?:href|src)\s*=\s*[\"']?https?://[^>]*>", re.IGNORECASE)


def publish_docs(folder: str | Path, url: str) -> str:
    """Copy the pages of a local folder to `url`, in place of what was there; return the first page's URL."""
    root = Path(folder)
    pages = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.html"))
    results = [page for page in pages if page.startswith("validations/")]
    remove(url)
    for page in results + [page for page in pages if page.startswith("expectations/")]:
        _write(f"{url}/{page}", (root / page).read_text(encoding="utf-8"))
    # The first page last: while it is there, so is all it links to. Their own is drawn by a script.
    first = f"{url}/index.html"
    _write(first, _INDEX.format(rows="".join(map(_row, results))))
    return first


def self_contained(page: str) -> str:
    """The page without scripts and without anything that is fetched from elsewhere."""
    for unwanted in (_SCRIPTS, _FOOTER, _OUTSIDE):
        page = unwanted.sub("", page)
    return _IMPORTS.sub("none", page).replace("</head>", f"{_STYLE}</head>", 1)


def _write(url: str, page: str) -> None:
    with atomic_write(url) as file:
        file.write(self_contained(page).encode())


def _row(page: str) -> str:
    suite = page.split("/")[1]
    return _ROW.format(suite=html.escape(suite), found=quote(page), expected=quote(f"expectations/{suite}.html"))
