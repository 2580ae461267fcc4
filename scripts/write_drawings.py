"""Draw docs/drawings/*.svg from the texts in scripts/drawings.

    python scripts/write_drawings.py [FOLDER]

A text is read from top to bottom:

    title TITLE
    band NAME                                  a task or stage; what follows belongs to it
    step WORDS | CODE [| ARTIFACT] [| @NAME]     `module:function`; lines of ARTIFACT are divided by " / "
    fork WORDS | CODE || WORDS | CODE          two ways side by side
    back NAME WORDS                            an arrow from the last step back to the one that is called @NAME

A drawing has its own ground in light and in dark, so it can be read on any page, and uses the fonts of the reader.
"""

import sys
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES, TARGET = ROOT / "scripts" / "drawings", ROOT / "docs" / "drawings"

_WIDTH, _BAND_X, _BOX_X, _BOX_W, _FILE_X, _FILE_W = 700, 8, 126, 326, 476, 210
_MOST = {"words": 44, "half": 32, "code": 46, "artifact": 32}  # characters that fit
_TOP, _ROW, _GAP, _PAD, _BETWEEN = 46, 46, 16, 12, 10

_STYLE = """\
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;font-size:13.5px;fill:#1d2733}
.title{font-size:15.5px;font-weight:600}.name{font-weight:600;fill:#44546a}
.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:11px;fill:#2f5d9b}
.file text{font-size:11.5px;fill:#215c3c}.note{font-size:12px;font-style:italic;fill:#8a4b12}
.ground{fill:#fff;stroke:#d5dbe4}.band{fill:#f1f4f9}.box{fill:#fff;stroke:#8fa3bf}.file rect{fill:#e9f5ee;stroke:#8cbfa2}
.line{fill:none;stroke:#5d6f87;stroke-width:1.4}.tip{fill:#5d6f87}
.aside{fill:none;stroke:#8cbfa2;stroke-width:1.4;stroke-dasharray:3 3}
.loop{fill:none;stroke:#c98345;stroke-width:1.4}.looptip{fill:#c98345}
@media (prefers-color-scheme:dark){
text{fill:#e3e8ef}.name{fill:#a9b7ca}.code{fill:#8fbcf3}.file text{fill:#a4dcbb}.note{fill:#f0b27a}
.ground{fill:#161b22;stroke:#303a46}.band{fill:#1e2630}.box{fill:#161b22;stroke:#566579}.file rect{fill:#16291f;stroke:#3d6b50}
.line{stroke:#8b9bb0}.tip{fill:#8b9bb0}.aside{stroke:#3d6b50}.loop{stroke:#c98345}.looptip{fill:#c98345}}"""


@dataclass(slots=True)
class Step:
    """A box, or two side by side; `y` is its upper edge."""

    boxes: list[tuple[str, str]]
    artifact: list[str] = field(default_factory=list)
    y: int = 0


@dataclass(slots=True)
class Band:
    """Steps of one task or stage."""

    name: str
    steps: list[Step] = field(default_factory=list)
    y: int = 0
    height: int = 0


@dataclass(slots=True)
class Drawing:
    """What a text says."""

    title: str = ""
    bands: list[Band] = field(default_factory=list)
    backs: list[tuple[Step, Step, str]] = field(default_factory=list)
    height: int = 0

    @property
    def steps(self) -> list[Step]:
        return [step for band in self.bands for step in band.steps]

    @property
    def code(self) -> list[str]:
        """Every reference to code, in order."""
        return [code for step in self.steps for _, code in step.boxes]


def read(text: str) -> Drawing:
    """Read a text and give everything its place."""
    drawing, named = Drawing(), dict[str, Step]()
    for line in filter(None, map(str.strip, text.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "title":
            drawing.title = rest
        elif word == "band":
            drawing.bands.append(Band(rest))
        elif word == "fork":
            boxes = [half.split(" | ") for half in rest.split(" || ")]
            drawing.bands[-1].steps.append(Step([(words.strip(), code.strip()) for words, code in boxes]))
        elif word == "step":
            words, code, *more = (part.strip() for part in rest.split(" | "))
            step = Step([(words, code)], [line for part in more if part[0] != "@" for line in part.split(" / ")])
            named |= {part[1:]: step for part in more if part[0] == "@"}
            drawing.bands[-1].steps.append(step)
        elif word == "back":
            name, _, words = rest.partition(" ")
            drawing.backs.append((drawing.steps[-1], named[name], words))
        else:
            raise ValueError(f"{line!r}: begins with none of title, band, step, fork, back")
    _check_fits(drawing)
    _place(drawing)
    return drawing


def _check_fits(drawing: Drawing) -> None:
    for step in drawing.steps:
        lines = [("artifact", line) for line in step.artifact]
        for words, code in step.boxes:
            lines += [("words" if len(step.boxes) == 1 else "half", words), ("code", code)]
        for kind, line in lines:
            if len(line) > _MOST[kind]:
                raise ValueError(f"{line!r}: has {len(line)} characters, and {_MOST[kind]} fit ({kind})")


def _place(drawing: Drawing) -> None:
    y = _TOP
    for band in drawing.bands:
        band.y = y
        y += _PAD
        for step in band.steps:
            step.y = y
            y += _ROW + _GAP
        y += _PAD - _GAP
        band.height = y - band.y
        y += _BETWEEN
    drawing.height = y + 2


def svg(drawing: Drawing) -> str:
    """The drawing."""
    size = f'viewBox="0 0 {_WIDTH} {drawing.height}" width="{_WIDTH}" height="{drawing.height}"'
    said = "; ".join(words for step in drawing.steps for words, _ in step.boxes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        f'<title id="t">{escape(drawing.title)}</title>',
        f'<desc id="d">{escape(said)}</desc>',
        f"<style>{_STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{drawing.height - 1}" rx="10"/>',
        f'<text class="title" x="16" y="29">{escape(drawing.title)}</text>',
    ]
    for band in drawing.bands:
        width = _WIDTH - 2 * _BAND_X
        lines.append(f'<rect class="band" x="{_BAND_X}" y="{band.y}" width="{width}" height="{band.height}" rx="7"/>')
        lines.append(f'<text class="name" x="{_BAND_X + 12}" y="{band.y + 32}">{escape(band.name)}</text>')
    lines += [part for step, following in pairwise(drawing.steps) for part in _down(step, following)]
    for at, (source, target, words) in enumerate(drawing.backs):
        lines += _back(source, target, words, _BOX_X - 12 - 7 * at, _BOX_X - 18 - 7 * (len(drawing.backs) - 1))
    for step in drawing.steps:
        lines += _step(step)
    return "\n".join([*lines, "</svg>"]) + "\n"


def _columns(step: Step) -> list[tuple[int, int]]:
    """Left edge and width of each box; two share the whole width."""
    if len(step.boxes) == 1:
        return [(_BOX_X, _BOX_W)]
    width = (_FILE_X + _FILE_W - _BOX_X - 14) // 2
    return [(_BOX_X, width), (_BOX_X + width + 14, width)]


def _step(step: Step) -> list[str]:
    lines = []
    for (words, code), (x, width) in zip(step.boxes, _columns(step), strict=True):
        lines += [
            f'<rect class="box" x="{x}" y="{step.y}" width="{width}" height="{_ROW}" rx="6"/>',
            f'<text x="{x + 12}" y="{step.y + 19}">{escape(words)}</text>',
            f'<text class="code" x="{x + 12}" y="{step.y + 36}">{escape(code)}</text>',
        ]
    if step.artifact:
        height = 14 + 16 * len(step.artifact)
        y, middle = step.y + (_ROW - height) // 2, step.y + _ROW // 2
        lines += [
            f'<path class="aside" d="M{_BOX_X + _BOX_W} {middle}H{_FILE_X}"/>',
            f'<g class="file"><rect x="{_FILE_X}" y="{y}" width="{_FILE_W}" height="{height}" rx="4"/>',
            *(
                f'<text x="{_FILE_X + 10}" y="{y + 19 + 16 * at}">{escape(line)}</text>'
                for at, line in enumerate(step.artifact)
            ),
            "</g>",
        ]
    return lines


def _down(step: Step, following: Step) -> list[str]:
    """Arrows from the box or boxes of a step to those of the next."""
    x = _BOX_X + 90
    forked = step if len(step.boxes) > 1 else following
    ends = {left + 90 for left, _ in _columns(forked)}
    lines = []
    for end in sorted(ends):
        top, bottom = step.y + _ROW, following.y
        if end != x and len(step.boxes) == 1:
            top = step.y + _ROW + 6
            lines.append(f'<path class="line" d="M{x} {top}H{end}V{bottom - 5}"/>')
            lines.append(f'<path class="tip" d="M{end - 4} {bottom - 7}h8l-4 7z"/>')
        elif end != x:
            turn = bottom - 12
            lines.append(f'<path class="line" d="M{end} {top}V{turn}H{x}"/>')
        else:
            lines.append(f'<path class="line" d="M{x} {top}V{bottom - 5}"/>')
            lines.append(f'<path class="tip" d="M{x - 4} {bottom - 7}h8l-4 7z"/>')
    return lines


def _back(source: Step, target: Step, words: str, x: int, words_x: int) -> list[str]:
    """An arrow along the left side, with its words beside it, one below the other."""
    start, end = source.y + _ROW // 2, target.y + _ROW // 2
    lines = [
        f'<path class="loop" d="M{_BOX_X} {start}H{x}V{end}H{_BOX_X - 6}"/>',
        f'<path class="looptip" d="M{_BOX_X - 8} {end - 4}v8l7 -4z"/>',
    ]
    parts = _wrapped(words, 13)
    first = start - 15 * (len(parts) - 1)
    for at, part in enumerate(parts):
        lines.append(f'<text class="note" x="{words_x}" y="{first + 15 * at}" text-anchor="end">{escape(part)}</text>')
    return lines


def _wrapped(words: str, most: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(SOURCES.glob("*.txt")):
        (folder / f"{source.stem}.svg").write_text(svg(read(source.read_text(encoding="utf-8"))), encoding="utf-8")
        print(folder / f"{source.stem}.svg")
