"""Every DAG loads, says what it is, and does nothing until it runs."""

import ast
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.airflow

HEAVY = {"pandas", "numpy", "pyarrow", "duckdb", "great_expectations", "openai", "tiktoken", "altair", "aiohttp", "sqlglot"}


def dag_files(root: Path) -> list[Path]:
    return sorted((root / "dags").glob("*.py"))


def test_every_file_loads_without_an_error(dag_bag, project_root):
    assert dag_bag.import_errors == {}
    assert sorted(dag_bag.dags) == [path.stem for path in dag_files(project_root)], "the file's name is the DAG's id"


def test_every_dag_says_what_it_is_and_whose(dag_bag):
    for dag in dag_bag.dags.values():
        assert dag.doc_md, dag.dag_id
        assert dag.description, dag.dag_id
        assert "semantic-telemetry" in dag.tags, dag.dag_id
        assert not dag.catchup, dag.dag_id


def test_every_task_is_documented_owned_bounded_and_tried_again(dag_bag):
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            arguments = task.partial_kwargs if task.is_mapped else vars(task)
            assert task.doc_md, name
            assert task.owner == "semantic-telemetry", name
            assert task.retries >= 2, name
            assert arguments["retry_exponential_backoff"] > 1, name
            assert arguments["execution_timeout"] or arguments.get("response_timeout"), name
            assert arguments["retry_policy"], name
            assert task.pool == "default_pool", f"{name}: a fresh installation has no other pool"


def test_no_task_of_a_mapped_group_joins_branches_or_tolerates(dag_bag):
    """A join or a branch inside a mapped group lets one shard's failure reach the others."""
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            if task.get_closest_mapped_task_group() is not None:
                inside = [up for up in task.upstream_list if up.get_closest_mapped_task_group() is not None]
                assert len(inside) <= 1, task.task_id
                assert task.trigger_rule == "all_success", task.task_id


def test_parsing_a_dag_imports_nothing_heavy(in_new_interpreter, project_root):
    loaded = "print(json.dumps(sorted(sys.modules)))"
    imports = [f"import {path.stem}" for path in dag_files(project_root)]
    code = "\n".join(["import sys, json, airflow.sdk", "from airflow.sdk import *", loaded, *imports, loaded])
    # Airflow itself may bring some of them; what counts is what ours add to it.
    airflows, all_of_them = (
        {name.partition(".")[0] for name in json.loads(line)} for line in in_new_interpreter(code).splitlines()[-2:]
    )
    assert not (HEAVY & all_of_them) - airflows


def test_parsing_a_dag_is_quick(dag_bag):
    for stat in dag_bag.dagbag_stats:
        assert stat.duration.total_seconds() < 2.0, stat.file


def test_a_task_calls_one_step_and_imports_it_inside(project_root):
    shared = [project_root / "plugins/semtel_airflow" / name for name in ("lanes.py", "publishing.py")]
    for path in [*dag_files(project_root), *shared]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {
            node.module
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            if (node.module or "").startswith("semtel_ops")
        }
        assert top <= {"semtel_ops.runs.refs", "semtel_ops.store.layout"}, f"{path.name}: the rest is imported inside the tasks"
        for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_task(node)]:
            steps = [
                node.module
                for node in ast.walk(function)
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("semtel_ops.steps")
            ]
            assert len(steps) == 1, f"{path.name}: {function.name} imports {steps}"


def _is_task(function: ast.FunctionDef) -> bool:
    names = [node.func if isinstance(node, ast.Call) else node for node in function.decorator_list]
    return any(isinstance(name, ast.Name) and name.id in {"task", "documented_task"} for name in names)


def test_no_dag_reads_variables_connections_or_the_environment_while_it_is_parsed(project_root):
    for path in dag_files(project_root):
        text = path.read_text(encoding="utf-8")
        for word in ("Variable", "Connection", "os.environ", "getenv"):
            assert word not in text, f"{path.name}: {word}"
