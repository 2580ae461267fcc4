"""The trigger form of the forget DAG."""

from airflow.sdk import Param


def forget_params() -> dict[str, Param]:
    """The fields of the form, in the order they are shown.

    Ids are in a file, not in the form: Airflow stores forms in its database and shows them to every user who may see the DAG.
    """
    return {
        "ids_file": Param(
            type="string",
            minLength=1,
            maxLength=4096,
            title="File of ids",
            description_md="Path or URL of a file with one conversation id per line, which the workers can read. "
            "Delete the file when the run has ended.",
        ),
        "dry_run": Param(
            True,
            type="boolean",
            title="Dry run",
            description_md="Count what would be removed, and what asking again would cost; change nothing. Untick to erase.",
        ),
        "approval": Param(
            True,
            type="boolean",
            title="Ask before erasing",
            description_md="Erase only after a person approves it under *Required Actions*.",
        ),
    }
