"""Settings of one model."""

from semtel_ops.settings.config_model import ConfigModel, Share
from semtel_ops.simulator.service_config import CapacityConfig, LatencyConfig, QuotaConfig


class ModelConfig(ConfigModel):
    """What differs for one model or deployment. Everything else is as for the other models."""

    latency: LatencyConfig | None = None
    """Service time of this model."""
    quota: QuotaConfig | None = None
    """Quota of this model."""
    capacity: CapacityConfig | None = None
    """Capacity of this model."""
    noise: Share | None = None
    """`labels.noise` of this model."""
    batch_only: bool = False
    """Reject realtime calls, as a batch deployment on Azure does."""
