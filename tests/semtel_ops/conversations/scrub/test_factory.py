import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from semtel_ops.conversations.scrub import PiiType, PresidioScrubber, RuleScrubber, make_scrubber
from semtel_ops.errors import ConfigError
from semtel_ops.settings import ScrubConfig


@dataclass
class Finding:
    start: int
    end: int
    entity_type: str


class NameAnalyzer:
    """Knows one name, and records what it was given."""

    def __init__(self, name: str = "Ada") -> None:
        self.name = name
        self.given: list[str] = []
        self.entities: list[str] = []

    def analyze(self, text: str, language: str, entities: list[str] | None = None) -> Sequence[Any]:
        assert language == "en"
        self.given.append(text)
        self.entities = entities or []
        starts = [i for i in range(len(text)) if text.startswith(self.name, i)]
        return [Finding(i, i + len(self.name), "PERSON") for i in starts] + [Finding(0, 0, "NRP")]


def test_rules_are_the_default() -> None:
    assert isinstance(make_scrubber(ScrubConfig()), RuleScrubber)


def test_off_leaves_everything() -> None:
    assert make_scrubber(ScrubConfig(engine="off")).scrub("a@b.de").text == "a@b.de"


def test_types_are_named_in_the_configuration() -> None:
    assert make_scrubber(ScrubConfig(types=("phone",))).scrub("a@b.de +44 20 7946 0958").text == "a@b.de [PHONE]"


def test_an_unknown_type_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"scrub\.types: 'emial' is not a type; did you mean email\?"):
        make_scrubber(ScrubConfig(types=("emial",)))
    with pytest.raises(ConfigError, match="known: secret, credentials, email"):
        make_scrubber(ScrubConfig(types=("xyzzy",)))


def test_presidio_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("presidio"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'semtel-ops\[presidio\]'"):
        make_scrubber(ScrubConfig(engine="presidio"))


def test_presidio_finds_names_and_the_rules_what_it_does_not_know() -> None:
    scrubbed = PresidioScrubber(NameAnalyzer()).scrub("Ada wrote postgres://u:p4ss@h/d, Ada")
    assert scrubbed.text == "[NAME] wrote postgres://[CREDENTIALS]@h/d, [NAME]"
    assert scrubbed.counts == {PiiType.NAME: 2, PiiType.CREDENTIALS: 1}


def test_presidio_is_asked_only_for_the_wanted_types() -> None:
    analyzer = NameAnalyzer()
    scrubber = PresidioScrubber(analyzer, [PiiType.EMAIL])
    assert scrubber.scrub("Ada a@b.de").text == "Ada [EMAIL]"
    assert analyzer.entities == ["EMAIL_ADDRESS"]


def test_presidio_gets_long_text_in_pieces_cut_between_words() -> None:
    analyzer = NameAnalyzer()
    text = "Ada and " * 50_000
    assert PresidioScrubber(analyzer).scrub(text).counts == {PiiType.NAME: 50_000}
    assert "".join(analyzer.given) == text
    assert max(map(len, analyzer.given)) <= 100_000


def test_presidio_does_not_take_a_placeholder_for_a_name() -> None:
    scrubber = PresidioScrubber(NameAnalyzer("NAME"))
    assert scrubber.scrub("NAME said").text == "[NAME] said"
    assert scrubber.scrub("[NAME] said").text == "[NAME] said"


def test_presidio_sees_no_secrets() -> None:
    """It would take the middle of a key for a name or a number, and leave the rest."""
    analyzer = NameAnalyzer("aB3dE6")
    key = "ghp_" + "aB3dE6gH9jK2" * 3
    assert PresidioScrubber(analyzer).scrub(f"use {key} now").text == "use [SECRET] now"
    assert analyzer.given == ["use [SECRET] now"]
