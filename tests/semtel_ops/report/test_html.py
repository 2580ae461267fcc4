import pytest
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from semtel_ops.report.html import html_templates


def test_every_value_is_escaped_whatever_the_template_is_called():
    environment = html_templates("semtel_ops.alerts")
    attack = "\"'><script>alert(1)</script>&"
    shown = environment.from_string('<a title="{{ value }}">{{ value }}</a>').render(value=attack)
    assert shown.count("<") == 2
    assert Markup(shown).striptags() == attack
    assert environment.get_template("email.html.j2").environment.autoescape is True


def test_a_value_is_never_a_template():
    assert html_templates("semtel_ops.alerts").from_string("{{ value }}").render(value="{{ 7 * 7 }}") == "{{ 7 * 7 }}"


def test_a_name_that_was_not_passed_is_an_error():
    with pytest.raises(UndefinedError, match="absent"):
        html_templates("semtel_ops.alerts").from_string("{{ absent }}").render()


def test_templates_come_from_the_package_alone():
    with pytest.raises(TemplateNotFound):
        html_templates("semtel_ops.alerts").get_template("../render.py")
