"""The DAGs of this distribution as an Airflow DAG bundle, so that no configuration names a folder in site-packages."""

from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.local import LocalDagBundle

_PACKAGE = Path(__file__).resolve().parent


class SemtelDagBundle(LocalDagBundle):
    """The DAG files that came with the installed version: `[dag_processor] dag_bundle_config_list` names this class.

    An upgrade of the package is an upgrade of the DAGs; the bundle keeps no older versions.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(path=str(dags_folder()), **kwargs)


def dags_folder() -> Path:
    """`dags/` in the installed package; in a checkout, which is an editable installation, the folder at its top."""
    packaged = _PACKAGE / "dags"
    return packaged if packaged.is_dir() else _PACKAGE.parents[1] / "dags"
