from html.parser import HTMLParser

import pytest

from semtel_ops.report.experiment import render_experiment
from semtel_ops.settings import PipelineConfig
from tests.support.experiments import make_cell, make_experiment, make_result


class _Page(HTMLParser):
    """The text, and what a browser would fetch or run."""

    def __init__(self, html):
        super().__init__()
        self.words, self.links, self.tags = [], [], set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in {"href", "src"} or name.startswith("on")]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


PLAIN = make_result(kappas={"topic": 0.93, "mood": 0.91}, cost_usd=3.0)
TEN = make_result(make_cell(10), kappas={"topic": 0.8, "mood": 0.7}, cost_usd=0.9, flip_share=0.17)
GRADED = make_result(make_cell(10, grader=True), kappas={"topic": 0.88, "mood": 0.85}, cost_usd=1.2, input_tokens=30_000)


def page(*cells, settings=None, **fields):
    return _Page(render_experiment(make_experiment(cells, **fields), settings))


def test_the_page_says_what_to_use_what_it_saves_and_what_to_paste():
    shown = page(PLAIN, TEN, GRADED, settings=GRADED.cell.settings(PipelineConfig()))
    assert "Recommended: 10 per request, graded. The cheapest" in shown.text
    assert "with 60% lower cost than plain requests" in shown.text
    assert "pack: 10 combine: false grader: true" in shown.text
    assert "kappa of mood has a lower bound of 0.65" in shown.text


def test_it_says_what_packing_and_the_grader_do():
    text = page(PLAIN, TEN, GRADED).text
    assert "Plain requests agree with their own repeat at a kappa of 0.92" in text
    assert "10 conversations per request take 90% fewer input tokens and 90% fewer requests" in text
    assert "17.0% of their labels change between repeats, compared with 5.0% for plain requests" in " ".join(
        page(PLAIN, TEN, GRADED).words
    )
    assert "The grader raises the kappa of 10 conversations per request from 0.75 to 0.86" in text


def test_it_runs_nothing_and_asks_nothing_of_the_network():
    shown = page(PLAIN, TEN, settings={})
    assert shown.tags.isdisjoint({"script", "link", "img", "iframe"})
    assert all(link.startswith("#") for link in shown.links)
    assert "svg" in shown.tags


def test_simulated_results_say_so():
    assert "The endpoint is the simulator" in page(PLAIN, simulated=True).text
    assert "The endpoint is the simulator" not in page(PLAIN).text


def test_hostile_names_stay_text():
    hostile = "<script>alert(1)</script>"
    shown = page(make_result(make_cell(model=hostile)), make_result(make_cell(5, model="m")), id=hostile)
    assert "script" not in shown.tags
    assert hostile in shown.text


@pytest.mark.parametrize("cost_usd", [None, 0.0])
def test_without_prices_tokens_stand_for_cost(cost_usd):
    cells = [make_result(cost_usd=cost_usd), make_result(make_cell(10), cost_usd=cost_usd)]
    text = page(*cells).text
    assert "cost is given in tokens" in text
    assert "fewer tokens than plain requests" in text


def test_a_cell_that_costs_more_time_than_it_saves_says_so():
    slow = make_result(
        make_cell(compression="llmlingua"), baseline=False, note="costs more time than it saves", compress_s=90.0
    )
    text = page(PLAIN, slow).text
    assert "costs more time than it saves" in text
    assert "Compression" in text
    assert "1 min 30 s" in text.replace("\xa0", " ")


def test_asked_once_there_are_no_flips_and_nothing_to_compare_plain_calls_with():
    alone = make_result(kappas={}, flip_share=None)
    text = page(alone, make_result(make_cell(10), flip_share=None), repeats=1).text
    assert "Not measured: it needs two repeats" in text
    assert "Plain calls agree" not in text


def test_golden_labels_are_named_as_what_was_compared_with():
    text = page(PLAIN, TEN, baseline="golden", floor=0.95).text
    assert "Compared with golden labels" in text
    assert "No strategy reaches a kappa of 0.95" in text
