from xml.etree import ElementTree as ET

from semtel_ops.report.charts import draw, over_rows, row_base, row_words


def test_characters_that_no_xml_may_contain_are_replaced_and_do_not_end_the_process():
    name = "a\x1b[31m\x00b\ufffe\ud800c"
    svg = draw(over_rows([{"k": 0, "name": name}], [row_words(row_base(), "name", x=0)]), "names", f"Of {name}", name)
    root = ET.fromstring(svg)
    shown = "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}c"
    assert (root.find("{*}title").text, root.find("{*}desc").text) == (f"Of {shown}", shown)
    assert shown in "".join(root.itertext())
