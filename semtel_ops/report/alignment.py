"""An `Alignment` as one HTML page, in the style of the weekly report: no script, nothing loaded from the network."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from semtel_ops import __version__
from semtel_ops.alignment import Alignment, AlignmentLabeller, CandidateAlignment, ClassifierAlignment, Decision, Verdict
from semtel_ops.alignment.results import Quality
from semtel_ops.alignment.verdict import ALLOWED_LOSS, MAX_INVALID_SHARE
from semtel_ops.conversations.lake_ids import shown_id
from semtel_ops.humanize import MINUS, count, listed, number
from semtel_ops.report.render import templates
from semtel_ops.report.shift_chart import shift_chart

BADGES = {Verdict.SAME: "good", Verdict.SHIFTED: "note", Verdict.UNCLEAR: "plain", Verdict.WORSE: "bad"}
DECISIONS = {
    Decision.ADOPT: "Adopt",
    Decision.ADOPT_WITH_BRIDGE: "Adopt with a bridge",
    Decision.HOLD: "Hold: compare more",
    Decision.ADJUST: "Adjust the prompt or the settings",
}
QUALITY = {
    Quality.BETTER: "People agree more with the candidate.",
    Quality.NOT_WORSE: "People agree with it as with the incumbent.",
    Quality.NOT_SHOWN: "People’s labels are too few to say who is right more often.",
    Quality.WORSE: "People agree less with the candidate.",
    Quality.NOT_MEASURED: "Agreement with people is not measured.",
}


@dataclass(frozen=True, slots=True)
class CandidateSection:
    """A candidate, as the page shows it.

    Attributes:
        anchor: of its section.
        charts: classifier → the shifts as a picture.
        changed: what differs between it and the incumbent, in words.
        next_steps: what to do now, in sentences.
        settings: lines to paste.
    """

    name: str
    anchor: str
    found: CandidateAlignment
    badge: str
    decision: str
    classifiers: Sequence[ClassifierAlignment]
    charts: dict[str, Markup]
    changed: str
    next_steps: Sequence[str]
    settings: str


def render_alignment(alignment: Alignment, endpoints: str) -> str:
    """The page's HTML.

    Args:
        endpoints: path of endpoints.yaml, as people know it.
    """
    sections = [_section(alignment, name, found, at) for at, (name, found) in enumerate(alignment.candidates.items())]
    template = templates().get_template("alignment.html.j2")
    return str(
        template.render(
            alignment=alignment,
            sections=sections,
            badges=BADGES,
            decisions=DECISIONS,
            quality=QUALITY,
            gold_n=max((_gold_n(each) for section in sections for each in section.classifiers), default=0),
            endpoints=endpoints.rsplit("/", 1)[-1],
            allowed_loss=ALLOWED_LOSS,
            max_invalid=MAX_INVALID_SHARE,
            margin=f"{100 * alignment.margin:g}",
            p_value=_p_value,
            signed=_signed,
            shown_id=shown_id,
            software=f"semtel-ops {__version__}",
        )
    )


def _section(alignment: Alignment, name: str, found: CandidateAlignment, at: int) -> CandidateSection:
    order = list(Verdict)
    classifiers = sorted(found.classifiers.values(), key=lambda each: -order.index(each.verdict))
    return CandidateSection(
        name=name,
        anchor=f"candidate-{at + 1}",
        found=found,
        badge=BADGES[found.verdict],
        decision=DECISIONS[found.decision],
        classifiers=classifiers,
        charts={
            each.classifier: shift_chart(each, alignment.margin, f"shifts-{at + 1}-{each.classifier}") for each in classifiers
        },
        changed=changed(alignment.incumbent, found.labeller),
        next_steps=next_steps(found),
        settings=settings(alignment, found),
    )


def _p_value(p: float) -> str:
    """0.042; < 0.001."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _signed(value: float) -> str:
    """A difference of coefficients: +0.03."""
    return f"{value:+.2f}".replace("-", MINUS)


def _gold_n(found: ClassifierAlignment) -> int:
    return found.kappa.n if found.kappa else 0


def changed(incumbent: AlignmentLabeller, candidate: AlignmentLabeller) -> str:
    """What differs between two labellers, in words."""
    differences = []
    if candidate.model != incumbent.model:
        differences.append(f"model {incumbent.model} → {candidate.model}")
    if candidate.reasoning_effort != incumbent.reasoning_effort:
        before, after = incumbent.reasoning_effort or "not set", candidate.reasoning_effort or "not set"
        differences.append(f"reasoning effort {before} → {after}")
    moved = [
        f"{classifier} {incumbent.versions.get(classifier, '–')} → {version}"
        for classifier, version in candidate.versions.items()
        if incumbent.versions.get(classifier) != version
    ]
    if moved:
        differences.append(f"prompts {', '.join(moved)}")
    elif candidate.prompts != incumbent.prompts:
        differences.append("another folder of prompts")
    return "; ".join(differences) or "the same model and prompts, asked with other seeds"


def next_steps(found: CandidateAlignment) -> list[str]:
    """What to do now, in sentences."""
    steps = []
    by_decision: dict[Decision, list[ClassifierAlignment]] = {}
    for each in found.classifiers.values():
        by_decision.setdefault(each.decision, []).append(each)
    if found.decision is Decision.ADOPT:
        steps.append("Adopt it, and let endpoints.yaml name it for weekly runs.")
    if found.decision is Decision.ADOPT_WITH_BRIDGE:
        bridge = (
            "in the next week, it labels part of last week again, so that its shift is not reported as a change of the users"
        )
        steps.append(f"Adopt it: {bridge}.")
    if adjust := by_decision.get(Decision.ADJUST):
        steps.append(f"Change the prompt of {_titles(adjust)}, and compare again with --candidate-prompts.")
    if hold := by_decision.get(Decision.HOLD):
        rows = max((each.rows_to_decide or 0 for each in hold), default=0)
        if rows:
            steps.append(f"Compare about {count(rows, 'conversation')} to decide about {_titles(hold)}.")
    gold = max((each.gold_rows_to_decide or 0 for each in found.classifiers.values()), default=0)
    if gold:
        steps.append(f"Have people label about {number(gold)} of these conversations to know whether it is right less often.")
    elif all(each.quality is Quality.NOT_MEASURED for each in found.classifiers.values()):
        steps.append("Have people label some of these conversations: without, a shift may be for the better or for the worse.")
    return steps


def settings(alignment: Alignment, found: CandidateAlignment) -> str:
    """Lines to paste: the adoption, and the entry of endpoints.yaml."""
    labeller = found.labeller
    allowed = found.decision in {Decision.ADOPT, Decision.ADOPT_WITH_BRIDGE}
    command = f"semtel align adopt {shlex.quote(alignment.id)} --candidate {shlex.quote(labeller.name)}"
    good = [each.classifier for each in found.classifiers.values() if each.verdict in {Verdict.SAME, Verdict.SHIFTED}]
    if not allowed and good:
        command += f" --classifiers {','.join(good)}"
    elif not allowed:
        command += ' --force --reason "…"'
    effort = f"\n    reasoning_effort: {labeller.reasoning_effort}" if labeller.reasoning_effort else ""
    removed = f"\n  # without the entry {alignment.incumbent.name}" if labeller.name != alignment.incumbent.name else ""
    entry = (
        f"endpoints:\n  - name: {labeller.name}  # its other lines as they are\n    model: {labeller.model}{effort}{removed}"
    )
    return f"# shell\n{command}\n\n# endpoints.yaml of weekly runs\n{entry}"


def _titles(classifiers: Sequence[ClassifierAlignment]) -> str:
    return listed([each.title for each in classifiers])
