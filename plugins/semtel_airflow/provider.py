"""What this distribution adds to Airflow; the entry point `apache_airflow_provider` names `get_provider_info`.

Every process of Airflow calls it, so it returns plain data: Airflow imports the modules named here when it needs them.
"""

from typing import Any

CONNECTION_TYPE = "semtel_endpoint"

_NAME = "Semantic telemetry"


def get_provider_info() -> dict[str, Any]:
    """Metadata in the form of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "semtel-ops",
        "name": _NAME,
        "description": "Labels conversations with an AI assistant every week, and publishes the labels behind a quality gate.",
        "integrations": [{"integration-name": _NAME, "tags": ["ai"]}],
        "operators": _modules("semtel_airflow.operators"),
        "hooks": _modules("semtel_airflow.hooks"),
        "triggers": _modules("semtel_airflow.triggers"),
        "bundles": _modules("semtel_airflow.bundles"),
        "notifications": ["semtel_airflow.notifiers.TaskFailed", "semtel_airflow.notifiers.TaskSucceeded"],
        "extra-links": ["semtel_airflow.links.BatchJobsLink", "semtel_airflow.links.ReportLink"],
        "config": {
            "semtel": {
                "description": "Pools of the tasks that call model endpoints; all other tasks run in the default pool.",
                "options": {
                    "realtime_pool": _pool(
                        "Pool of the tasks that send requests in realtime (`realtime.classify` and `rescue`)."
                    ),
                    "batch_pool": _pool("Pool of the tasks that submit batch jobs and wait for them (`batch.classify`)."),
                },
            }
        },
        "connection-types": [
            {
                "connection-type": CONNECTION_TYPE,
                "hook-class-name": "semtel_airflow.hooks.EndpointHook",
                "hook-name": "Model endpoint (semtel)",
                "ui-field-behaviour": {
                    "hidden-fields": ["schema", "login", "port", "extra"],
                    "relabeling": {"host": "Base URL", "password": "API key"},
                    "placeholders": {
                        "host": "https://api.openai.com/v1",
                        "password": "empty if the endpoint needs no key",
                    },
                },
                "conn-fields": {
                    # Used by Test only: a run reads these settings from endpoints.yaml.
                    "kind": _choice(
                        "Kind",
                        [
                            "openai",
                            "azure",
                        ],
                        "openai: OpenAI and compatible servers. azure: Azure OpenAI.",
                    ),
                    "model": _text("Model", "Model to test, such as gpt-6-luna. Runs use the model in endpoints.yaml."),
                    "deployment": _text("Deployment", "Azure only: the name of the deployment."),
                    "api_version": _text("API version", "Azure only, such as 2024-10-21."),
                    "auth": _choice(
                        "Authentication",
                        ["key", "entra"],
                        "entra: Azure only; the identity of this machine instead of a key. Needs semtel-ops[azure].",
                    ),
                },
            }
        ],
    }


def _pool(description: str) -> dict[str, Any]:
    """An option of Airflow's configuration; the DAG processor must see its value."""
    return {"description": description, "version_added": "0.1.0", "type": "string", "example": None, "default": "default_pool"}


def _modules(*names: str) -> list[dict[str, Any]]:
    return [{"integration-name": _NAME, "python-modules": list(names)}]


def _text(label: str, description: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": ["string", "null"]}}


def _choice(label: str, values: list[str], description: str) -> dict[str, Any]:
    """A menu whose default is the first value."""
    schema = {"type": ["string", "null"], "enum": values, "default": values[0]}
    return {"label": label, "description": description, "schema": schema}
