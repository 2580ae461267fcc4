"""The documentation builds strictly from this checkout alone, and what it says of commands, metrics, errors and prompts is so."""

import importlib.util
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from semtel_ops import errors
from semtel_ops.classifiers import Problem, load_classifiers
from semtel_ops.errors import EndpointErrorKind, SemtelError
from semtel_ops.store.tables import RowStatus

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

ALLOWED_HOSTS = {
    "127.0.0.1",  # addresses in commands
    "docs.astral.sh",
    "keepachangelog.com",
    "localhost",
    "semver.org",
}


class _SiteConfig(yaml.SafeLoader):
    """mkdocs.yml has tags of its own."""


_SiteConfig.add_constructor("!relative", lambda _loader, node: node.value)


def nav_pages(entries=None):
    """Files named in the navigation, in its order."""
    if entries is None:
        entries = yaml.load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"), _SiteConfig)["nav"]
    for entry in entries:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else nav_pages(target)


def shown(page):
    return (DOCS / page).read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Everything that a browser would load or follow."""

    def __init__(self, html):
        super().__init__()
        self.loaded, self.followed = set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if value and name in {"src", "href", "action"}:
                (self.followed if tag == "a" else self.loaded).add(value)


def host_of(address):
    found = re.match(r"(?:https?:)?//([^/:?#]+)", address)
    return found.group(1) if found else None


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


def test_the_navigation_names_every_page_once():
    pages = list(nav_pages())
    assert len(pages) == len(set(pages))
    assert set(pages) == {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}


@pytest.mark.slow
def test_a_strict_build_writes_every_page_of_the_navigation(site):
    for page in nav_pages():
        html = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        assert "<h1" in html, page


@pytest.mark.slow
def test_pages_load_nothing_from_elsewhere_and_link_only_to_known_places(site):
    for path in site.rglob("*.html"):
        addresses = Addresses(path.read_text(encoding="utf-8"))
        assert {address for address in addresses.loaded if host_of(address)} == set(), path.name
        assert {host_of(address) for address in addresses.followed} <= ALLOWED_HOSTS | {None}, path.name


@pytest.mark.slow
def test_the_search_index_has_the_pages(site):
    index = (site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert "howto/own-data.html" in index
    assert "Finding the limit" in index


def test_the_command_line_reference_is_what_the_commands_say():
    spec = importlib.util.spec_from_file_location("cli_reference", ROOT / "scripts" / "cli_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert shown("reference/cli.md") == module.page(), "run `python scripts/cli_reference.py`"


def test_every_metric_is_documented_and_every_documented_metric_is_sent():
    source = (ROOT / "semtel_ops" / "runs" / "metrics.py").read_text(encoding="utf-8")
    code = source.split('"""', 2)[2]
    counted = re.search(r"_COUNTED = \(([^)]*)\)", code).group(1)
    sent = set(re.findall(r'"(semtel\.[a-z_]+)"', code)) | {f"semtel.{name}" for name in re.findall(r'"([a-z_]+)"', counted)}
    documented = set(re.findall(r"^\| `(semtel\.[a-z_]+)` \|", shown("reference/metrics.md"), re.MULTILINE))
    assert documented == sent


def test_every_error_kind_and_status_is_documented():
    page = shown("reference/errors.md")
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, SemtelError) and value is not SemtelError
    }
    documented = set(re.findall(r"^\| `([A-Za-z_]+)` \|", page, re.MULTILINE))
    assert documented == classes | {kind.value for kind in EndpointErrorKind} | {status.value for status in RowStatus}
    retried = dict(re.findall(r"^\| `([a-z_]+)` \| [^|]+ \| (yes|no)[^|]*\|$", page, re.MULTILINE))
    assert retried == {kind.value: "yes" if kind in errors.RETRYABLE_KINDS else "no" for kind in EndpointErrorKind}


def test_every_reason_why_a_reply_cannot_be_read_is_documented():
    section = shown("reference/errors.md").split("## Replies that cannot be read")[1]
    assert {problem.value for problem in Problem} <= set(re.findall(r"`([a-z_]+)`", section))


def test_the_classifier_of_the_how_to_can_be_loaded(tmp_path):
    prompt = re.search(r"^```text\n(---\n.*?)^```$", shown("howto/own-question.md"), re.MULTILINE | re.DOTALL).group(1)
    shutil.copytree(ROOT / "include" / "prompts", tmp_path, dirs_exist_ok=True)
    (tmp_path / "wants_code.prompty").write_text(prompt, encoding="utf-8")
    (spec,) = load_classifiers(tmp_path, ["wants_code"])
    assert [label.id for label in spec.labels] == ["yes", "no"]
