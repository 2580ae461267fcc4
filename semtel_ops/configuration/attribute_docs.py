"""Reads the documentation of fields and enum members: the strings below the attributes of a class, from its source.

Python discards these strings, and pydantic would have to parse the source of every model at import. Only schemas and the
reference page need them, so they are read here, on demand.
"""

import ast
import inspect
import sys
from functools import cache


def attribute_docs(cls: type) -> dict[str, str]:
    """Documentation of a class's attributes by name, including inherited attributes; each on one line.

    Empty if the source is not available, as in an installation of compiled files.
    """
    docs: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("semtel_ops."):
            docs |= _by_class(base.__module__).get(base.__qualname__, {})
    return docs


def in_one_line(text: str | None) -> str:
    """The text on one line, as schemas and tables need it."""
    return " ".join((text or "").split())


@cache
def _by_class(module: str) -> dict[str, dict[str, str]]:
    """Class name → attribute → documentation, for the classes at the top level of a module."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except OSError:
        return {}
    return {node.name: _of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _of_class(node: ast.ClassDef) -> dict[str, str]:
    docs: dict[str, str] = {}
    for statement, following in zip(node.body, node.body[1:], strict=False):
        name = _assigned(statement)
        if name and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
            text = following.value.value
            if isinstance(text, str):
                docs[name] = in_one_line(text)
    return docs


def _assigned(statement: ast.stmt) -> str | None:
    """The name that a statement assigns or annotates; None for other statements."""
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return statement.target.id
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None
