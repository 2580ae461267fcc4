"""Great Expectations' Data Docs, stored with the week's reports and readable without a network.

Great Expectations' pages load Bootstrap, jQuery and a logo from third-party servers: offline they have no style, and online
these servers learn who reads them. Nor are labels and names escaped in them. So a page is written again from its text and a few
plain elements, with a small style sheet of ours. The week's own report has all results too; these pages are for people who know
Great Expectations.
"""

import html
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from semtel_ops.store.files import atomic_write, remove

_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'\">"
)
"""A second wall: a browser runs and fetches nothing, wherever the page lies."""
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
_KEPT = re.compile(
    "html|head|title|body|header|nav|main|section|div|p|span|table|thead|tbody|t[rhd]|[uod]l|li|dt|dd|h[1-6]|"
    "a|b|strong|i|em|u|small|code|pre|br|hr"
)
_DROPPED = re.compile("script|style|footer")
"""With all that is in them."""
_SILENT = re.compile("link|meta|img|button|input|svg|path")
"""Of Great Expectations' own pages; other elements are shown as text."""
_OURS = re.compile(r"#[\w-]*|(?:\.\./)*[\w.%-]+(?:/[\w.%:+-]+)*\.html(?:#[\w-]*)?")
_ATTRIBUTES = frozenset({"class", "id", "lang", "colspan", "rowspan"})


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
    """The page from its text and a few plain elements: nothing runs, nothing is loaded, no link leads elsewhere."""
    rewriter = _Rewriter()
    rewriter.feed(page)
    rewriter.close()
    clean = "".join(rewriter.written)
    if "<head>" not in clean:
        return f"{_POLICY}{_STYLE}{clean}"
    return clean.replace("<head>", f'<head>{_POLICY}<meta charset="utf-8">{_STYLE}', 1)


class _Rewriter(HTMLParser):
    """Writes what it reads, without what is not plain."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.written: list[str] = []
        self._dropping: str | None = None

    def handle_decl(self, decl: str) -> None:
        if decl.lower() == "doctype html":
            self.written.append("<!DOCTYPE html>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping is None and _DROPPED.fullmatch(tag):
            self._dropping = tag
        elif _KEPT.fullmatch(tag):
            kept = ((name, value or "") for name, value in attrs if name in _ATTRIBUTES or (name == "href" and _is_ours(value)))
            self._write("".join((f"<{tag}", *(f' {name}="{html.escape(value)}"' for name, value in kept), ">")))
        elif not _SILENT.fullmatch(tag):
            self._write(html.escape(self.get_starttag_text() or ""))

    def handle_endtag(self, tag: str) -> None:
        if self._dropping == tag:
            self._dropping = None
        elif _KEPT.fullmatch(tag):
            self._write(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._write(html.escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def _write(self, text: str) -> None:
        if self._dropping is None:
            self.written.append(text)


def _is_ours(address: str | None) -> bool:
    """Whether a link leads to a page of these docs that is built; the suites' pages are not (`gx`)."""
    return bool(address) and _OURS.fullmatch(address or "") is not None and "expectations/" not in (address or "")


def _write(url: str, page: str) -> None:
    with atomic_write(url) as file:
        file.write(self_contained(page).encode())


def _row(page: str) -> str:
    suite = page.split("/")[1]
    return _ROW.format(suite=html.escape(suite), results=quote(page))
