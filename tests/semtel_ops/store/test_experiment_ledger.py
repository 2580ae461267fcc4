from datetime import timedelta

from semtel_ops.store.experiment_ledger import ExperimentLedger
from semtel_ops.store.ledger_open import open_ledger
from tests.support.experiments import MEASURED_AT, make_record


def test_results_come_latest_first_and_an_experiment_measured_again_replaces_its_own(tmp_path):
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db") as ledger:
        experiments = ExperimentLedger(ledger)
        experiments.save("packing-november", [make_record("topic"), make_record("mood")])
        later = make_record("topic", experiment_id="later", measured_at=MEASURED_AT + timedelta(days=1))
        experiments.save("later", [later])
        experiments.save("packing-november", [make_record("topic", kappa=None, kappa_low=None, kappa_high=None)])
        found = experiments.records(classifiers=["topic"])
        assert [(record.experiment_id, record.kappa) for record in found] == [("later", 0.85), ("packing-november", None)]
        assert found[0] == later
        assert experiments.records(classifiers=["mood"]) == []
        assert len(experiments.records()) == 2
