"""Draw docs/explanation/cover.svg: how often intervals cover the true share, from the simulation of corrected shares.

    python scripts/write_cover_chart.py [RUNS]

Takes ten seconds for 4,000 simulated weeks of each kind of label. The chart has its own ground in light and in dark.
"""

import sys
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.simulations import corrected_cover  # noqa: E402

TARGET = ROOT / "docs" / "explanation" / "cover.svg"
SEED = 13
TITLE = "How often a 95% interval covers the true share"
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 720, 292, 690, 86, 30

_STYLE = """\
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-size:13px;fill:#1d2733}
.title{font-size:15.5px;font-weight:600}.small{font-size:11.5px;fill:#44546a}.end{text-anchor:end}.mid{text-anchor:middle}
.ground{fill:#fff;stroke:#d5dbe4}.grid{stroke:#e3e8ef}.promise{fill:#e9f5ee}.line{stroke:#c3ccd9;stroke-width:2}
.raw{fill:#fff;stroke:#c2611f;stroke-width:2.2}.ours{fill:#2f7d55}.rawtext{fill:#a04c12}.ourstext{fill:#215c3c}
@media (prefers-color-scheme:dark){
text{fill:#e3e8ef}.small{fill:#a9b7ca}.ground{fill:#161b22;stroke:#303a46}.grid{stroke:#28313c}.promise{fill:#16291f}
.line{stroke:#46525f}.raw{fill:#161b22;stroke:#f0995a}.ours{fill:#63c08f}.rawtext{fill:#f0b27a}.ourstext{fill:#a4dcbb}}"""


def covers(runs: int) -> list[tuple[str, float, float]]:
    """Name of each kind of label, and percent of runs that the interval as labelled and the published one cover."""
    found = {figure.name: figure.value for figure in corrected_cover.simulate(runs, SEED)}
    kinds = ("as labelled", "published")
    return [(name(label), *(found[f"{label}: {kind}, %"] for kind in kinds)) for label in corrected_cover.LABELS]


def name(label: corrected_cover.Label) -> str:
    weighted = ", weighted" if len(label.weights) > 1 else ""
    return f"{100 * label.share:g}% of {label.rows:,} rows, {label.gold:,} gold{weighted}"


def x_of(percent: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * percent / 100, 1)


def svg(rows: list[tuple[str, float, float]], runs: int) -> str:
    bottom = _TOP + _ROW * len(rows)
    described = "; ".join(f"{kind}: as labelled {raw:.0f}%, corrected {ours:.0f}%" for kind, raw, ours in rows)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {bottom + 52}" role="img" aria-labelledby="t d">',
        f'<title id="t">{TITLE}</title>',
        f'<desc id="d">Percent of {runs:,} simulated weeks. {escape(described)}.</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{bottom + 51}" rx="8"/>',
        f'<text class="title" x="18" y="28">{TITLE}</text>',
        f'<text class="small" x="18" y="48">Percent of {runs:,} simulated weeks, for eight kinds of labels</text>',
        f'<rect class="promise" x="{x_of(93)}" y="{_TOP - 10}" width="{x_of(97) - x_of(93)}" height="{bottom - _TOP + 16}"/>',
        f'<text class="small ourstext mid" x="{x_of(95)}" y="{_TOP - 16}">93–97%</text>',
    ]
    for tick in range(0, 101, 20):
        parts += [
            f'<line class="grid" x1="{x_of(tick)}" y1="{_TOP - 10}" x2="{x_of(tick)}" y2="{bottom + 6}"/>',
            f'<text class="small mid" x="{x_of(tick)}" y="{bottom + 22}">{tick}%</text>',
        ]
    for at, (kind, raw, ours) in enumerate(rows):
        y = _TOP + _ROW * at + 10
        parts += [
            f'<text class="end" x="{_LEFT - 14}" y="{y + 4}">{escape(kind)}</text>',
            f'<line class="line" x1="{x_of(raw)}" y1="{y}" x2="{x_of(ours)}" y2="{y}"/>',
            f'<circle class="raw" cx="{x_of(raw)}" cy="{y}" r="5.5"/><circle class="ours" cx="{x_of(ours)}" cy="{y}" r="5.5"/>',
        ]
    y = bottom + 40
    parts += [
        f'<circle class="raw" cx="{_LEFT + 4}" cy="{y - 4}" r="5.5"/>',
        f'<text class="small rawtext" x="{_LEFT + 16}" y="{y}">share as labelled</text>',
        f'<circle class="ours" cx="{_LEFT + 144}" cy="{y - 4}" r="5.5"/>',
        f'<text class="small ourstext" x="{_LEFT + 156}" y="{y}">share corrected with gold rows of the week</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    runs = int(sys.argv[1]) if sys.argv[1:] else corrected_cover.RUNS
    TARGET.write_text(svg(covers(runs), runs), encoding="utf-8")
    print(TARGET.relative_to(ROOT))
