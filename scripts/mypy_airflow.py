"""A mypy plugin for DAG files: what a task returns may be passed to another task.

In a DAG file a task is called with the results of other tasks, which Airflow puts in place when it runs. Airflow types such a
result as `XComArg`, whatever it stands for, and a task's parameters as what they are at run time. For the type checker a result
is therefore `Any` here; inside a task everything is checked.
"""

from collections.abc import Callable

from mypy.plugin import AttributeContext, MethodContext, Plugin
from mypy.types import AnyType, Type, TypeOfAny

_FACTORIES = ("airflow.sdk.bases.decorator.Task", "airflow.sdk.definitions.decorators.task_group._TaskGroupFactory")
_CALLS = frozenset(f"{factory}.{call}" for factory in _FACTORIES for call in ("__call__", "expand", "expand_kwargs"))
_OPERATORS = ("airflow.sdk.bases.operator.BaseOperator", "airflow.sdk.definitions.mappedoperator.MappedOperator")
_OUTPUTS = frozenset(f"{operator}.output" for operator in _OPERATORS)


def _any(_: MethodContext | AttributeContext) -> Type:
    return AnyType(TypeOfAny.explicit)


class TaskResults(Plugin):
    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return _any if fullname in _CALLS else None

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return _any if fullname in _OUTPUTS else None


def plugin(version: str) -> type[Plugin]:  # noqa: ARG001 - mypy's signature
    return TaskResults
