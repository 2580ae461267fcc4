"""The part of Jinja that prompts are written in: enough to list labels and share wording, and bounded in time and size.

A prompt may be anybody's file. Jinja's sandbox keeps it from the machine, but not from `{{ "x" * 10**9 }}`, nested loops or a
partial that includes itself ten times. So a template may use only what this module lists, and what it uses is counted:

    time  loops share `MAX_STEPS` steps (a step is a node of the template in a round), partials are `MAX_INCLUDES`, and values
          that filters and operators take and give are together `MAX_WORK` characters or elements
    size  no text, list or number grows past `MAX_VALUE`, and no section past `MAX_TEXT` characters
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final, cast

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateRuntimeError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_TEXT: Final = 1_000_000
MAX_VALUE: Final = 100_000
MAX_STEPS: Final = 1_000_000
MAX_WORK: Final = 20_000_000
MAX_SOURCE: Final = 200_000
MAX_INCLUDES: Final = 200
_MAX_DEPTH = 100
_TEXTS_OF_REPLACE = 3

_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "int", "items", "join", "last", "length",
    "list", "lower", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select", "selectattr", "sort",
    "string", "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip
_METHODS = frozenset(
    """
    count cycle endswith find get index isdigit items keys lower lstrip rstrip split startswith strip title upper values
    """.split()  # noqa: SIM905 — a word list is easier to read
)
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice,
    nodes.For, nodes.If, nodes.CondExpr, nodes.Include, nodes.Assign, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand,
    nodes.BinExpr, nodes.UnaryExpr, nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Call, nodes.Keyword,
)  # fmt: skip
_TAGS: dict[type[nodes.Node], str] = {
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set block",
    nodes.FromImport: "import",
}
_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "**"})


@dataclass(slots=True)
class _Meter:
    """What a rendering has used."""

    steps: int = 0
    work: int = 0
    includes: int = 0


_METER: ContextVar[_Meter | None] = ContextVar("meter", default=None)


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Compiles the templates of a folder; everything else than the language of prompts is a TemplateSyntaxError."""

    intercepted_binops = _OPERATORS

    def __init__(self, folder: Path) -> None:
        super().__init__(
            loader=FileSystemLoader(folder),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,  # otherwise a blank line after an include is lost
            autoescape=False,  # a prompt is plain text: `&lt;` would be sent literally
            finalize=_weighed,
        )
        known = self.filters
        self.filters = {name: _bounded(name, known[name]) for name in _FILTERS}
        self.filters |= {"_metered": _metered, "_weighed": _weighed}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        if len(source) > MAX_SOURCE:
            raise TemplateSyntaxError(f"the file has over {MAX_SOURCE:,} characters", 1, name, filename)
        return _in_the_language(super()._parse(source, name, filename), name, filename)

    def get_template(self, *args: Any, **kwargs: Any) -> Template:
        if (meter := _METER.get()) is not None:
            meter.includes += 1
            if meter.includes > MAX_INCLUDES:
                raise TemplateRuntimeError(f"includes over {MAX_INCLUDES} partials; one may include itself")
        return super().get_template(*args, **kwargs)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        for text, times in ((left, right), (right, left)):
            if operator == "*" and isinstance(times, int) and isinstance(text, (str, list, tuple)):
                _limit(len(text) * max(0, times))
        if operator in {"*", "**"} and isinstance(left, (int, float)) and isinstance(right, (int, float)):
            _limit(max(abs(left), abs(right)))
            if operator == "**" and isinstance(right, int) and isinstance(left, int):
                _limit(max(1, left.bit_length()) * abs(right))
        if operator == "%" and isinstance(left, str):
            raise TemplateRuntimeError("formatting by % is not part of prompts; write the text itself")
        return _weighed(super().call_binop(context, operator, left, right))


def run(template: Template, variables: dict[str, object]) -> str:
    """The rendered text.

    Raises:
        TemplateRuntimeError: it takes too long or becomes too large.
    """
    pieces: list[str] = []
    chars = 0
    with _metering():
        for piece in template.generate(variables):
            chars += len(piece)
            if chars > MAX_TEXT:
                raise TemplateRuntimeError(f"the text is over {MAX_TEXT:,} characters")
            pieces.append(piece)
    return "".join(pieces)


@contextmanager
def _metering() -> Iterator[None]:
    token = _METER.set(_Meter())
    try:
        yield
    finally:
        _METER.reset(token)


def _in_the_language(root: nodes.Template, name: str | None, filename: str | None) -> nodes.Template:
    """The template with its loops, joins and variables bounded.

    Raises:
        TemplateSyntaxError: it has something that is not part of the language; with the line.
    """

    def refuse(node: nodes.Node, what: str) -> TemplateSyntaxError:
        return TemplateSyntaxError(f"{what} is not part of the language of prompts", node.lineno, name, filename)

    def visit(node: nodes.Node, depth: int) -> None:
        if depth > _MAX_DEPTH:
            raise TemplateSyntaxError("nests too deeply", node.lineno, name, filename)
        if not isinstance(node, _NODES):
            raise refuse(node, f"{{% {_TAGS.get(type(node), type(node).__name__.lower())} %}}")
        if isinstance(node, nodes.Call) and not _is_harmless(node):
            raise refuse(node, "this call")
        if isinstance(node, nodes.Include) and not isinstance(node.template, nodes.Const):
            raise refuse(node, "an include whose name is computed")
        if isinstance(node, nodes.For) and node.recursive:
            raise refuse(node, "a recursive loop")
        for child in node.iter_child_nodes():
            visit(child, depth + 1)
        if isinstance(node, nodes.For):
            steps = nodes.Const(sum(1 for _ in node.find_all(nodes.Node)), lineno=node.lineno, environment=node.environment)
            node.iter = _through("_metered", cast("nodes.Expr", node.iter), steps)
        elif isinstance(node, nodes.Assign):
            node.node = _through("_weighed", cast("nodes.Expr", node.node))

    visit(root, 0)
    _replace_concatenation(root)
    return root


def _is_harmless(call: nodes.Call) -> bool:
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        return False
    called = call.node
    return (isinstance(called, nodes.Name) and called.name == "range") or (
        isinstance(called, nodes.Getattr) and called.attr in _METHODS
    )


def _through(name: str, node: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno, environment=node.environment)


def _replace_concatenation(node: nodes.Node) -> None:
    """`a ~ b` is compiled to a call that nothing can bound; the filter `join` can be."""
    for field, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, field, [_joined(item) if isinstance(item, nodes.Concat) else item for item in value])
        elif isinstance(value, nodes.Concat):
            setattr(node, field, _joined(value))
    for child in node.iter_child_nodes():
        _replace_concatenation(child)


def _joined(node: nodes.Concat) -> nodes.Filter:
    return _through("join", nodes.List(node.nodes, lineno=node.lineno, environment=node.environment))


def _metered(values: Iterable[Any], steps: int) -> Iterator[Any]:
    """The values of a loop whose rounds take so many steps."""
    meter = _METER.get() or _Meter()
    for value in values:
        meter.steps += steps
        if meter.steps > MAX_STEPS:
            raise TemplateRuntimeError(f"its loops take over {MAX_STEPS:,} steps")
        yield value


def _bounded(name: str, known: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose arguments and result are weighed."""

    @wraps(known)
    def bounded(*args: Any, **kwargs: Any) -> Any:
        for value in (*args, *kwargs.values()):
            _weighed(value)
        if name == "tojson" and (len(args) > 2 or kwargs):
            raise TemplateRuntimeError("tojson takes no indent")
        if name == "replace":
            # After the environment, which Jinja passes first.
            _weigh_replacement((*args[1:4], *kwargs.values()))
        if name == "join":
            given = [value for value in args if isinstance(value, (list, tuple, str))]
            separator = next((value for value in (*args[2:], *kwargs.values()) if isinstance(value, str)), "")
            _limit(sum(len(value) for value in given) * max(1, len(separator)))
        return _weighed(known(*args, **kwargs))

    return bounded


def _weigh_replacement(texts: tuple[Any, ...]) -> None:
    if not all(isinstance(value, str) for value in texts):
        raise TemplateRuntimeError("replace takes a text for a text")
    if len(texts) == _TEXTS_OF_REPLACE:
        text, old, new = texts
        _limit(len(text) + text.count(old) * len(new))


def _weighed(value: Any) -> Any:
    """The value, if it is not too large, however deep it is."""
    left = MAX_VALUE
    open_values = [value]
    while open_values:
        each = open_values.pop()
        if isinstance(each, str):
            left -= len(each)
        elif isinstance(each, dict):
            open_values += [*each.keys(), *each.values()]
        elif isinstance(each, (list, tuple, set, frozenset)):
            open_values += each
        elif isinstance(each, int):
            left -= each.bit_length() // 8
        left -= 1
        _limit(MAX_VALUE - left)
    if (meter := _METER.get()) is not None:
        meter.work += MAX_VALUE - left
        if meter.work > MAX_WORK:
            raise TemplateRuntimeError(f"its filters and operators work on over {MAX_WORK:,} characters or elements")
    return value


def _limit(size: float) -> None:
    if size > MAX_VALUE:
        raise TemplateRuntimeError(f"a value is over {MAX_VALUE:,} characters or elements")
