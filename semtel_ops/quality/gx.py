"""Great Expectations, quietly: the only importer of it.

Importing it costs about 5 s of CPU, so it is imported when the first suite runs, once a run. It is kept from logging,
drawing progress bars, and reporting to its makers; nothing here opens a socket.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

_LOGGERS = ("great_expectations", "great_expectations.data_context.types.base")  # the second sets itself to INFO


Condition = tuple[str, Literal["==", "!=", ">="], Any]
"""A column, how its value compares, and with what."""

_OPERATORS = {"==": "__eq__", "!=": "__ne__", ">=": "__ge__"}


class Expectation(NamedTuple):
    """One expectation: its class in `great_expectations.expectations`, its arguments, and the check it is part of.

    Attributes:
        where: what a row must meet to be asked, all of it.
    """

    check: str
    kind: str
    arguments: Mapping[str, Any]
    severity: str
    description: str
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """What an expectation found.

    Attributes:
        failing: the index columns of the rows that failed; empty for a frame without index, or where all passed.
        unexpected: how many rows failed.
        problem: the kind of error that kept the expectation from being asked, or None.
    """

    ask: Expectation
    passed: bool
    unexpected: int = 0
    failing: tuple[Mapping[str, Any], ...] = field(default=())
    problem: str | None = None


class Validator:
    """Validates frames, one suite each, and keeps what Data Docs are built from.

    Args:
        name: of the run, as the docs show it.
        docs_folder: a local, empty folder for `build_docs`.
    """

    def __init__(self, name: str, docs_folder: str) -> None:
        self._gx = _import_quietly()
        self._name = name
        self._context = self._gx.get_context(project_config=_project(docs_folder), mode="ephemeral")
        self._source = self._context.data_sources.add_pandas("run")

    def validate(
        self, frame_name: str, frame: "pd.DataFrame", asks: Sequence[Expectation], index: Sequence[str] = ()
    ) -> list[ExpectationResult]:
        """Ask everything of one frame.

        Rows that fail are named by their `index` columns; without one they are counted only. Values of rows never leave
        a frame without index: they could hold what a model said.
        """
        data = self._source.add_dataframe_asset(frame_name).add_batch_definition_whole_dataframe("all")
        suite = self._gx.ExpectationSuite(name=frame_name)
        for number, ask in enumerate(asks):
            suite.add_expectation(self._expectation(number, ask))
        definition = self._gx.ValidationDefinition(name=frame_name, data=data, suite=self._context.suites.add(suite))
        results = self._context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame},
            result_format=_result_format(index),
            run_id=self._gx.RunIdentifier(run_name=self._name),
        )
        answers = [_answer(asks[result.expectation_config.meta["number"]], result, index) for result in results.results]
        if len(answers) != len(asks):
            raise AssertionError(f"suite {frame_name}: asked {len(asks)} expectations, got {len(answers)} answers")
        return answers

    def build_docs(self) -> None:
        """Write Data Docs of everything validated so far."""
        self._context.build_data_docs()

    def _expectation(self, number: int, ask: Expectation) -> Any:
        import great_expectations.expectations as kinds
        from great_expectations.expectations.row_conditions import Column

        arguments = dict(ask.arguments)
        condition: Any = None
        for column, operator, value in ask.where:
            part = getattr(Column(column), _OPERATORS[operator])(value)
            condition = part if condition is None else condition & part
        if condition is not None:
            arguments["row_condition"] = condition
        return getattr(kinds, ask.kind)(
            **arguments,
            severity="critical" if ask.severity == "stop" else "warning",
            description=ask.description,
            meta={"check": ask.check, "number": number},
        )


def _import_quietly() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    import great_expectations

    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    return great_expectations


def _project(docs_folder: str) -> Any:
    """A project that lives in memory, with one docs site in a folder of ours."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        data_docs_sites={
            "week": {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": docs_folder},
            }
        },
    )


def _result_format(index: Sequence[str]) -> dict[str, Any]:
    if not index:
        return {"result_format": "BASIC", "partial_unexpected_count": 0}
    return {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}


def _answer(ask: Expectation, result: Any, index: Sequence[str]) -> ExpectationResult:
    found = result.result or {}
    if "unexpected_count" not in found and not result.success and not found.get("observed_value"):
        return ExpectationResult(ask, passed=False, problem=_problem(result.exception_info))
    rows = found.get("unexpected_index_list") or ()
    failing = tuple({name: row[name] for name in index} for row in rows) if index else ()
    return ExpectationResult(ask, bool(result.success), int(found.get("unexpected_count") or 0), failing)


def _problem(exception_info: Any) -> str | None:
    """The first line of the error, which names metrics and columns, never values."""
    infos = [exception_info] if "raised_exception" in (exception_info or {}) else list((exception_info or {}).values())
    messages = [str(info.get("exception_message")) for info in infos if info.get("raised_exception")]
    return messages[0].splitlines()[0][:200] if messages else None
