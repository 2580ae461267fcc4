"""The page's scripts format values as the server does: the same examples, in both languages."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from semtel_ops import humanize

FORMAT = Path(__file__).resolve().parents[2] / "plugins" / "semtel_airflow" / "page" / "static" / "format.js"
NUMBERS = (0, 1, 999, 1_234.4, 9_999, 10_000, 12_345, 99_999, 999_950, 1_234_567, 15e10, 2e12, -0.2, -1_234, -1_234_567, None)
SHARES = (0, 1, 0.12345, 0.0001, 0.99999, -0.05, 2.5, None)
DOLLARS = (0, 0.42, 0.0999, 0.05, 0.0042, 0.000012, 1e-7, 999.999, 1234.4, 1.5e9, -0.42, None)
SECONDS = (0, 0.0004, 0.25, 0.9996, 4.2, 5, 9.96, 42, 59.6, 200, 3_599.7, 7_500, 86_400, 172_800, 871_300, -90, None)
EXAMPLES = {
    "number": (humanize.number, NUMBERS),
    "compact": (humanize.compact, NUMBERS),
    "quantity": (humanize.quantity, (24.0, 98.53, 0.5, -2.25, 2_000_000.0000000002, 6_000, 0.000_12)),
    "percent": (humanize.percent, SHARES),
    "points": (humanize.points, (0.021, -0.021, 0.0)),
    "money": (humanize.money, DOLLARS),
    "duration": (humanize.duration, SECONDS),
    "words": (humanize.words, ("invalid_output", "", "plain")),
    "title": (humanize.title, ("rows_complete", "cost_per_conversation_usd", "")),
}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_value_reads_alike_in_the_report_and_on_the_page(name, tmp_path):
    python, values = EXAMPLES[name]
    shutil.copy(FORMAT, tmp_path / "format.mjs")
    call = f"console.log(JSON.stringify({json.dumps(values)}.map((value) => f.{name}(value))));"
    (tmp_path / "call.mjs").write_text(f'import * as f from "./format.mjs";\n{call}\n')
    done = subprocess.run(["node", "call.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [python(value) for value in values]
