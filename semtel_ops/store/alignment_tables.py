"""Table of alignments: how each candidate compares with the incumbent labeller, and who adopted it."""

from sqlalchemy import Boolean, Float, Index, Integer, String, Table, Text

from semtel_ops.store.ledger_columns import UtcDateTime, column, key, metadata

_NO_GOLD = "no conversation with a label by people was answered by both, or kappa is not defined"
_NOT_ADOPTED = "nobody has adopted it"

alignment = Table(
    "alignment",
    metadata,
    key("alignment_id", String(250), "The alignment."),
    key("candidate", String(250), "Name of the candidate's entry in endpoints.yaml."),
    key("classifier", String(250), "The classifier."),
    column("incumbent", String(250), "Name of the incumbent's entry in endpoints.yaml."),
    column("incumbent_labeller", String(16), "Id of the incumbent as a labeller, as in `labeller`."),
    column("incumbent_model", String(250), "Model that was asked as the incumbent."),
    column("incumbent_served_model", String(250), "Model that answered as the incumbent, as its replies name it."),
    column("incumbent_version", String(64), "Version of the incumbent's prompt file."),
    column("incumbent_prompts", String(64), "Fingerprint of all prompt text and parameters of the incumbent's requests."),
    column("incumbent_effort", String(16), "Reasoning effort of the incumbent's endpoint.", null="its settings name none"),
    column("candidate_labeller", String(16), "Id of the candidate as a labeller, as in `labeller`."),
    column("candidate_model", String(250), "Model that was asked as the candidate."),
    column("candidate_served_model", String(250), "Model that answered as the candidate, as its replies name it."),
    column("candidate_version", String(64), "Version of the candidate's prompt file."),
    column("candidate_prompts", String(64), "Fingerprint of all prompt text and parameters of the candidate's requests."),
    column("candidate_effort", String(16), "Reasoning effort of the candidate's endpoint.", null="its settings name none"),
    column("strategy", String(64), "Fingerprint of how requests were shared and conversations shortened, for both."),
    column("set_fingerprint", String(64), "Hash of the ids and contents of the frozen set's conversations."),
    column("n", Integer, "Conversations of the set that both answered.", unit="conversations"),
    column("margin", Float, "Change of a label's share that is small enough to be called the same; 0.02 is two points."),
    column(
        "verdict",
        String(16),
        "How the candidate labels compared with the incumbent.",
        values=("same", "shifted", "worse", "unclear"),
    ),
    column("decision", String(24), "What follows from it.", values=("adopt", "adopt_with_bridge", "adjust", "hold")),
    column("reason", Text, "Why, as a sentence."),
    column("excess", Float, "Disagreement of both in excess of the disagreement of each with itself."),
    column("excess_low", Float, "Lower end of its 95% interval."),
    column("excess_high", Float, "Upper end."),
    column("incumbent_flips", Float, "Share of the incumbent's labels that differ between its two answers."),
    column("candidate_flips", Float, "Share of the candidate's labels that differ between its two answers."),
    column("incumbent_invalid", Float, "Share of the incumbent's rows without a label."),
    column("candidate_invalid", Float, "Share of the candidate's rows without a label."),
    column("kappa_difference", Float, "Candidate's kappa with people's labels minus the incumbent's.", null=_NO_GOLD),
    column("kappa_low", Float, "Lower end of its 95% interval.", null=f"{_NO_GOLD}, or with fewer than 10 conversations"),
    column("kappa_high", Float, "Upper end.", null=f"{_NO_GOLD}, or with fewer than 10 conversations"),
    column("gold_n", Integer, "Conversations with a label by people that both answered.", unit="conversations"),
    column("shifts", Text, "JSON: the change of each label's share, with intervals and tests; as in alignment.json."),
    column(
        "cost_per_1000_usd",
        Float,
        "Cost of 1,000 conversations with this classifier by the candidate, asked once.",
        unit="USD",
        null="the model has no known price",
    ),
    column("simulated", Boolean, "Whether the simulator answered as either of them."),
    column("measured_at", UtcDateTime, "When they were compared."),
    column("url", Text, "URL of the results page."),
    column("adopted_at", UtcDateTime, "When a person adopted the candidate for the classifier.", null=_NOT_ADOPTED),
    column("adopted_by", String(250), "Who adopted it.", null=_NOT_ADOPTED),
    column("adopted_reason", Text, "Reason that was given for it.", null=f"{_NOT_ADOPTED}, or no reason was given"),
    Index("alignment_of_classifier", "classifier", "measured_at"),
)
"""Alignments by candidate and classifier; the model gate of weekly runs reads them."""
