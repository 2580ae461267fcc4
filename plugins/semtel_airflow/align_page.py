"""The pre-filled form of `model_alignment`, which alerts link to. Opening it starts nothing."""

from semtel_airflow.align_form import align_params
from semtel_airflow.reprocess_page.app import form_app
from semtel_ops.report.links import ALIGN_DAG

app = form_app("Compare labellers", ALIGN_DAG, align_params)
