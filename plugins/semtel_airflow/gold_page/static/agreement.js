// Agreement between people and with the model, and the conversations about which they differ.
import { json } from "./api.js";
import * as f from "./format.js";
import { badge, banner, h, head, link, route, section, table } from "./dom.js";
import { send } from "./send.js";

const coefficient = (value) => (value === null ? "–" : value.toFixed(2).replace("-", "−"));
const between = (low, high) => (low === null ? "" : `${coefficient(low)} to ${coefficient(high)}`);
// The model says something to people, and the id tells its prompts and parameters apart.
const named = (labeller, models) => (models[labeller] ? `${models[labeller]} · ${labeller.slice(0, 8)}` : labeller);
const answer = (labels) => (labels.length ? labels.map(f.words).join(", ") : "–");

function figures(rows, first, second) {
  const columns = [
    { name: first, cell: (row) => row.first },
    { name: second, cell: (row) => row.second },
    { name: "Kappa", kind: "n", cell: (row) => coefficient(row.kappa.value) },
    { name: "95% interval", kind: "n", cell: (row) => between(row.kappa.low, row.kappa.high) },
    { name: "Equal", kind: "n", cell: (row) => `${f.percent(row.equal.share)} (${f.interval(row.equal.low, row.equal.high)})` },
    { name: "n", kind: "n", cell: (row) => f.number(row.equal.n) },
  ];
  if (rows.some((row) => row.weighted)) {
    columns.splice(4, 0, { name: "Quadratic kappa", kind: "n", cell: (row) => coefficient(row.weighted?.value ?? null) });
  }
  return table("", columns, rows);
}

export async function agreementView(query) {
  const of = { draw_id: query.draw_id, classifier: query.classifier };
  const [view, question] = await Promise.all([json("api/agreement", of), json("api/question", of)]);
  const notes = [`${f.count(view.gold, "conversation")} with a gold label`];
  if (view.open) notes.push(`${f.number(view.open)} undecided`);
  if (view.changed) notes.push(`${f.count(view.changed, "label")} changed after the model's answer was shown`);
  return [
    head(`Agreement · draw ${view.draw_id}`, view.name, notes.join(" · "), link(route("label", of), "Label")),
    section("Between people", "Each labelled without seeing the other's label. Rows are not weighted: the figures describe the drawn conversations.",
      h("div.card", {}, view.people.length ? figures(view.people, "Person", "Person") : h("p.quiet", {}, "No conversation was labelled by two people yet."))),
    section("With the model", "The gold label is that of more than half of the people who labelled a conversation, or the decision below.",
      h("div.card", {}, view.labellers.length ? figures(view.labellers.map((row) => ({ ...row, second: named(row.second, view.models) })), "People", "Labeller") : h("p.quiet", {}, "Nothing to compare yet.")),
      view.person_model.length > 1 ? h("div.card", {}, figures(view.person_model, "Person", "With")) : null),
    section("Where they differ", "Undecided first. You see those that you have labelled yourself.",
      view.hidden ? banner("note", `${f.count(view.hidden, "more")} that you have not labelled yet.`, "You see them after you have labelled them.") : null,
      h("div.card", {}, view.disagreements.length ? differing(view, of, question) : h("p.quiet", {}, "None that you have labelled.")),
      view.more ? h("p.quiet", {}, `${f.number(view.more)} more are not listed.`) : null),
  ];
}

function differing(view, of, question) {
  return view.disagreements.map((one) => {
    const body = h("div", {});
    const details = h("details.differing", {},
      h("summary", {},
        h("code", {}, one.conversation_id), " ",
        one.between === "people" ? badge(one.gold.length ? (one.ruled ? "decided" : "majority") : "open") : h("span.badge.plain", {}, "model differs"), " ",
        h("span.quiet", {}, one.gold.length ? `${answer(one.gold)} / model: ${answer(one.llm)}` : "people differ")),
      body);
    details.addEventListener("toggle", async () => {
      if (!details.open || body.childElementCount) return;
      try {
        body.replaceChildren(...opened(await json("api/conversation", { ...of, conversation_id: one.conversation_id }), one, of, question));
      } catch (problem) {
        body.replaceChildren(h("p.problem", { role: "alert" }, problem.message));
      }
    });
    return details;
  });
}

function opened({ item }, one, of, question) {
  const said = [...Object.entries(item.labels), ["model", item.llm]];
  const parts = [
    h("dl", {}, said.map(([who, labels]) => [h("dt", {}, who), h("dd", {}, answer(labels))])),
    h("div.turns", { tabindex: 0, role: "region", "aria-label": "Conversation" }, (item.turns ?? []).map((turn) =>
      h(`div.turn.${turn.role === "user" ? "user" : "other"}`, {}, h("b", {}, turn.role), h("div", { dir: "auto" }, turn.content)))),
  ];
  if (one.between === "people") parts.push(decision(item, one, of, question));
  return parts;
}

// People who differ talk about it, and one of them records what they decided.
function decision(item, one, of, question) {
  const told = h("p", { role: "status" }, one.ruled ? `Decided: ${answer(one.gold)}.` : "");
  const chosen = new Set(one.ruled ? one.gold : []);
  const buttons = question.options.map((option) =>
    h("button", { type: "button", "aria-pressed": String(chosen.has(option.id)), onclick: () => press(option.id) }, option.name));
  const save = h("button.primary", { type: "button", onclick: () => decide() }, "Decide");

  function press(id) {
    if (question.several) {
      if (!chosen.delete(id)) chosen.add(id);
    } else {
      chosen.clear();
      chosen.add(id);
    }
    question.options.forEach((option, at) => buttons[at].setAttribute("aria-pressed", String(chosen.has(option.id))));
  }

  async function decide() {
    const labels = [...chosen];
    if (!labels.length) {
      told.textContent = "Choose a label first.";
      return;
    }
    try {
      const body = { ...of, conversation_id: item.conversation_id, ...(question.several ? { labels } : { label: labels[0] }) };
      const done = await send("api/rule", body);
      told.textContent = `Decided: ${answer(question.several ? done.labels : [done.label])}.`;
    } catch (problem) {
      told.textContent = problem.message;
    }
  }

  return h("fieldset.decision", {}, h("legend", {}, "Decide together"), h("div.choices", {}, buttons), save, told);
}
