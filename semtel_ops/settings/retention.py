"""`retention:` in pipeline.yaml: how long each kind of file is kept."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from semtel_ops.settings.config_model import ConfigModel

Age = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[dw]$", examples=["90d", "26w"])]
"""Days or weeks."""


class RetentionConfig(ConfigModel):
    """How long each kind of file is kept, such as `90d` or `26w`. Without a value a kind is kept for ever.

    Files of a week age from the end of the week, replies from when they arrived, experiments from their last change. Files of
    runs that have not ended are kept, and so are labels, rows and reports of published runs, unless
    `semtel lake clean --published` is given.
    """

    conversations: Age | None = None
    """Samples. Without them, a week cannot be reprocessed."""
    staged: Age | None = None
    """Records of interrupted extracts."""
    prepared: Age | None = None
    """Text as it was sent."""
    journal: Age | None = None
    """Replies. Without them, the same requests are paid for again."""
    batches: Age | None = None
    """Requests of batch jobs."""
    landed: Age | None = None
    """Label rows of all runs. Without them, a week cannot be reprocessed or published again."""
    labels: Age | None = None
    """Label rows of published runs, as files and in SQL. Their label shares stay."""
    quarantine: Age | None = None
    """Records that could not be used or were repaired."""
    refusals: Age | None = None
    """What endpoints said when they did not answer, with example ids."""
    reports: Age | None = None
    """Reports and Data Docs."""
    experiments: Age | None = None
    """Experiments, with their samples and text."""

    def ages(self) -> dict[str, timedelta]:
        """The kinds that are not kept for ever."""
        given = self.model_dump(exclude_none=True)
        return {kind: timedelta(days=int(age[:-1]) * (7 if age.endswith("w") else 1)) for kind, age in given.items()}
