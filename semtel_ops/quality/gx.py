"""Adapter of Great Expectations: the only module that imports it.

The import takes about 5 s of CPU, so it happens when a `Validator` is made, once per run. Logging, progress bars and usage
analytics are turned off; nothing here opens a socket.
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
"""(column, operator, value that the column is compared with)."""

_OPERATORS = {"==": "__eq__", "!=": "__ne__", ">=": "__ge__"}


class Expectation(NamedTuple):
    """An expectation of a frame.

    Attributes:
        check: id of the check that it is part of.
        kind: name of its class in `great_expectations.expectations`.
        arguments: of that class.
        where: conditions of the rows that it applies to; a row must meet all of them.
    """

    check: str
    kind: str
    arguments: Mapping[str, Any]
    severity: str
    description: str
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """The result of an expectation.

    Attributes:
        unexpected: number of rows that failed.
        failing: index columns of the rows that failed; empty for a frame without an index.
        problem: the error if the expectation could not be validated, else None.
    """

    expectation: Expectation
    passed: bool
    unexpected: int = 0
    failing: tuple[Mapping[str, Any], ...] = field(default=())
    problem: str | None = None


class Validator:
    """Validates frames, each with a suite of its own, and collects the results for the Data Docs.

    Args:
        name: name of the run, for the docs.
        docs_folder: a local, empty folder for `build_docs`.
    """

    def __init__(self, name: str, docs_folder: str) -> None:
        self._gx = _import_quietly()
        self._name = name
        self._context = self._gx.get_context(project_config=_project(docs_folder), mode="ephemeral")
        self._source = self._context.data_sources.add_pandas("run")

    def validate(
        self, frame_name: str, frame: "pd.DataFrame", expectations: Sequence[Expectation], index: Sequence[str] = ()
    ) -> list[ExpectationResult]:
        """Validate all expectations of a frame; a frame name can be used once. The results are in no particular order.

        Rows that fail are identified by their `index` columns. Without an index they are only counted: no value of a row gets
        into a result, since it could be text of a model.
        """
        data = self._source.add_dataframe_asset(frame_name).add_batch_definition_whole_dataframe("all")
        suite = self._gx.ExpectationSuite(name=frame_name)
        for number, expectation in enumerate(expectations):
            suite.add_expectation(self._expectation(number, expectation))
        definition = self._gx.ValidationDefinition(name=frame_name, data=data, suite=self._context.suites.add(suite))
        results = self._context.validation_definitions.add(definition).run(
            batch_parameters={"dataframe": frame},
            result_format=_result_format(index),
            run_id=self._gx.RunIdentifier(run_name=self._name),
        )
        validated = [
            _result(expectations[result.expectation_config.meta["number"]], result, index) for result in results.results
        ]
        if len(validated) != len(expectations):
            raise AssertionError(f"suite {frame_name}: {len(validated)} results of {len(expectations)} expectations")
        return validated

    def build_docs(self) -> None:
        """Write Data Docs of everything validated so far."""
        self._context.build_data_docs()

    def _expectation(self, number: int, expectation: Expectation) -> Any:
        import great_expectations.expectations as kinds
        from great_expectations.expectations.row_conditions import Column

        arguments = dict(expectation.arguments)
        condition: Any = None
        for column, operator, value in expectation.where:
            part = getattr(Column(column), _OPERATORS[operator])(value)
            condition = part if condition is None else condition & part
        if condition is not None:
            arguments["row_condition"] = condition
        return getattr(kinds, expectation.kind)(
            **arguments,
            severity="critical" if expectation.severity == "stop" else "warning",
            description=expectation.description,
            meta={"check": expectation.check, "number": number},
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
    """A project in memory, with a docs site in `docs_folder`."""
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
                # A page of results repeats its suite's expectations.
                "site_section_builders": {"expectations": "none", "profiling": "none"},
                "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": docs_folder},
            }
        },
    )


def _result_format(index: Sequence[str]) -> dict[str, Any]:
    if not index:
        return {"result_format": "BASIC", "partial_unexpected_count": 0}
    return {"result_format": "COMPLETE", "unexpected_index_column_names": list(index)}


def _result(expectation: Expectation, result: Any, index: Sequence[str]) -> ExpectationResult:
    details = result.result or {}
    if "unexpected_count" not in details and not result.success and not details.get("observed_value"):
        return ExpectationResult(expectation, passed=False, problem=_problem(result.exception_info))
    rows = details.get("unexpected_index_list") or ()
    failing = tuple({name: row[name] for name in index} for row in rows) if index else ()
    return ExpectationResult(expectation, bool(result.success), int(details.get("unexpected_count") or 0), failing)


def _problem(exception_info: Any) -> str | None:
    """The first line of the error, which names metrics and columns, never values."""
    infos = [exception_info] if "raised_exception" in (exception_info or {}) else list((exception_info or {}).values())
    messages = [str(info.get("exception_message")) for info in infos if info.get("raised_exception")]
    return messages[0].splitlines()[0][:200] if messages else None
