"""The parameters of the routes, and the values that each accepts."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import HTTPException, Query, Request

_PLAIN = r"^[^\x00-\x1f\x7f]+$"


def _text(what: str, max_length: int, pattern: str = _PLAIN) -> Any:
    return Query(min_length=1, max_length=max_length, pattern=pattern, description=f"must be {what}")


Week = Annotated[str, _text("an ISO week such as 2026-W47", 8, r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$")]
RunId = Annotated[str, _text("the id of a run", 250)]
Classifier = Annotated[str, _text("the id of a classifier", 100, r"^[a-z][a-z0-9_]*$")]
Label = Annotated[str, _text("a label of the classifier", 250)]
Name = Annotated[str, _text("a name of up to 300 characters", 300)]
Metric = Annotated[str, _text("a figure of a run", 20, r"^[a-z_]+$")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="must be a whole number from 0")]
Column = Annotated[int, Query(ge=0, le=9, description="must be a column of the chart")]


def problem_of(request: Request, errors: Sequence[Mapping[str, Any]]) -> str:
    """The first invalid parameter and what it must be. The message never repeats the value that was sent."""
    first = errors[0]
    name = str(first["loc"][-1])
    field = next((parameter for parameter in _parameters(request) if parameter.alias == name), None)
    if field is None:
        return "the request is not valid"
    return f"{name}: is required" if first["type"] == "missing" else f"{name}: {field.field_info.description}"


def _parameters(request: Request) -> Sequence[Any]:
    route = request.scope.get("route")
    return () if route is None else parameters_of(route.dependant)


def parameters_of(dependant: Any) -> list[Any]:
    """The query parameters of a route, also those that its dependencies take."""
    inner = (field for dependency in dependant.dependencies for field in parameters_of(dependency))
    return [*dependant.query_params, *inner]


def only_known_parameters(request: Request) -> None:
    """Refuse a parameter that the route does not have; otherwise, a misspelt parameter would be ignored."""
    known = {field.alias for field in _parameters(request)}
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise HTTPException(400, f"{unknown[0][:40]!r}: no such parameter; known: {', '.join(sorted(known)) or 'none'}")
