"""What a template may do is bounded in time and size, whatever it tries; errors name file and line."""

import resource
import time

import pytest

from semtel_ops.errors import PromptFileError
from semtel_ops.prompts import load_prompty, render

PROMPT = """---
name: mood
displayName: Mood
description: The mood.
metadata: {version: "1.0"}
model: {options: {maxOutputTokens: 8}}
---
system:
Name the mood.
BODY

user:
{{ conversation }}
"""
WORDS = ["calm", "cross"]
LINE = 9
"""Where the attacked section begins; errors that no line of it has alone are reported there."""

ATTACKS = {
    "text times a number": "{{ 'x' * 10**8 }}",
    "number times a text": "{{ 99999999 * 'x' }}",
    "list times a number": "{{ [1] * 10**9 }}",
    "power": "{{ 9**9**9 }}",
    "power of a float": "{{ 9.0**999 }}",
    "big product": "{% for a in range(900) %}{{ 99999 * 99999 * 99999 }}{% endfor %}",
    "center": "{{ 'x' | center(10**9) }}",
    "indent": "{{ words | join('\n') | indent(10**9) }}",
    "format filter": "{{ '%1000000000d' | format(1) }}",
    "percent": "{{ '%1000000000d' % 1 }}",
    "format method": "{{ '{:1000000000}'.format(1) }}",
    "ljust": "{{ 'x'.ljust(10**9) }}",
    "expandtabs": "{{ '\t'.expandtabs(10**9) }}",
    "replace": "{{ (words * 9000) | join | replace('', words * 9000) }}",
    "replace by much": "{{ ('ab' * 9000) | replace('a', 'b' * 9000) }}",
    "join by much": "{{ ('ab' * 9000) | join('b' * 9000) }}",
    "tojson indent": "{{ words | tojson(indent=10**9) }}",
    "nested loops": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "loops over a text": "{% set t = 'x' * 9999 %}{% for a in t %}{% for b in t %}{% for c in t %}{% endfor %}{% endfor %}{% endfor %}",
    "much text": "{% for a in range(9999) %}" + "x" * 200 + "{% endfor %}",
    "doubled variable": "{% set x = 'xx' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "doubled sum": "{% set x = 'xx' %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
    "doubled list": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "doubled dict": "{% set x = {} %}" + "{% set x = {1: x, 2: x} %}" * 40 + "{{ x | tojson }}",
    "much work": "{% set t = 'x' * 90000 %}{% for a in range(9999) %}{% if t | upper %}{% endif %}{% endfor %}",
    "slow comparison": "{% set t = 'x' * 90000 %}{% for a in range(9999) %}{% if t + 'a' == t %}{% endif %}{% endfor %}",
    "macro": "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}",
    "import": "{% import '_shared.jinja2' as s %}",
    "computed include": "{% include words[0] %}",
    "namespace": "{% set n = namespace(x=1) %}",
    "cycler": "{{ cycler(1, 2) }}",
    "lipsum": "{{ lipsum(n=10**6) }}",
    "dict call": "{{ dict(a=1) }}",
    "recursive loop": "{% for a in words recursive %}{{ loop(words) }}{% endfor %}",
    "batch": "{{ words | batch(10**9, 'x') | list }}",
    "deep expression": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "deep list": "{{ " + "[" * 90 + "]" * 90 + " }}" + "{% if 1 %}" * 150 + "{% endif %}" * 150,
    "long file": "x" * 300_000,
}  # fmt: skip


@pytest.mark.parametrize("body", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_ends_soon_with_file_and_line(tmp_path, body):
    path = tmp_path / "mood.prompty"
    path.write_text(PROMPT.replace("BODY", body), encoding="utf-8")
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(PromptFileError) as caught:
        render(load_prompty(path), {"words": WORDS})
    assert time.process_time() - started < 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
    assert caught.value.path == str(path)
    assert caught.value.line >= 1 if body.startswith("x") else caught.value.line >= LINE
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("partial", ["{% include '_shared.jinja2' %}", "{% include '_shared.jinja2' %}" * 10])
def test_a_partial_that_includes_itself_ends_soon(tmp_path, partial):
    (tmp_path / "_shared.jinja2").write_text(partial, encoding="utf-8")
    path = tmp_path / "mood.prompty"
    path.write_text(PROMPT.replace("BODY", "{% include '_shared.jinja2' %}"), encoding="utf-8")
    with pytest.raises(PromptFileError, match="include"):
        render(load_prompty(path), {"words": WORDS})


def test_what_prompts_need_is_part_of_the_language(tmp_path):
    body = (
        "{% set n = words | length %}{% for word in words if word != 'cross' %}{{ loop.index }}/{{ n }} {{ word | upper }} "
        "{{ loop.cycle('odd', 'even') }}{% else %}none{% endfor %} {{ words[0].title() ~ '-' ~ words[-1] }} "
        "{{ words | map('capitalize') | join(', ') }} {{ 'many' if n > 1 else 'one' }} {% for i in range(3) %}{{ i * 2 }}{% endfor %}"
        "{% raw %} {{ raw }}{% endraw %}{# a comment #}"
    )
    path = tmp_path / "mood.prompty"
    path.write_text(PROMPT.replace("BODY", body), encoding="utf-8")
    text = render(load_prompty(path), {"words": WORDS}).instruction
    assert text.endswith("1/2 CALM odd Calm-cross Calm, Cross many 024 {{ raw }}")
