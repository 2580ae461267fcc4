"""What a step works with besides its run: the endpoints the run names, and the ledger of this machine's environment."""

from semtel_ops.endpoints import Endpoint, load_endpoints, load_models
from semtel_ops.endpoints.catalog import ResolveConnection
from semtel_ops.settings import Settings
from semtel_ops.steps.run import RunPlan
from semtel_ops.store.ledger import Ledger, open_ledger


def endpoints_of(plan: RunPlan, resolve_connection: ResolveConnection | None = None) -> tuple[Endpoint, ...]:
    """All endpoints of a run, with their keys, and the prices of known models filled in."""
    models = load_models(plan.include_path / "config" / "models.yaml")
    return load_endpoints(plan.endpoints, models=models, resolve_connection=resolve_connection)


def ledger_of_environment() -> Ledger:
    """The ledger that DATABASE_URL names; close it, or use it as a context manager."""
    return open_ledger(Settings.from_env().database_url.get_secret_value())
