import { json } from "./api.js";
import { h, head, link, more, route, section, table } from "./dom.js";
import * as f from "./format.js";

const KINDS = { one_of: "one label of many", many_of: "all labels that apply", yes_no: "yes or no", scale: "levels, lowest first", rubric: "a scored rubric" };
const SURE = ["exact", "normalised", "alias", "near", "relabelled"];

export async function classifiersView() {
  const shown = await json("api/classifiers");
  return [
    head("What is asked", f.plural(shown.classifiers.length, "classifier"), shown.week && ["health is that of", link(route("week", { week: shown.week }), `week ${shown.week}`)]),
    h("div.grid", {}, shown.classifiers.map(card)),
    section("How an answer becomes a label", "Exact: as the definition spells it. Normalised: case, spaces or punctuation differed. Alias: another known spelling. Near: close in spelling, uniquely so. Relabelled: read from a second answer, after the first could not be."),
  ];
}

function card(one) {
  if (one.problem) return h("article.card", {}, h("p.kicker", {}, one.id), h("h3", {}, one.name), h("p.down", {}, one.problem), versions(one));
  return h("article.card", {},
    h("p.kicker", {}, one.id),
    h("h3", {}, one.name),
    h("p", {}, one.description),
    h("div.groups", {}, h("span.badge.plain", {}, `version ${one.version}`), h("span.badge.plain", {}, KINDS[one.kind] ?? one.kind), h("span.badge.plain", {}, f.plural(one.labels.length, one.kind === "rubric" ? "item" : "label"))),
    health(one.health),
    experiments(one.experiments),
    more("Definitions", table("", [
      { name: "Label", cell: (label) => [label.name, label.group && h("div.quiet", {}, h("small", {}, label.group))] },
      { name: "Definition", kind: "text", cell: (label) => label.definition },
    ], one.labels, { tall: one.labels.length > 12 })),
    more("Where it comes from", h("dl", {}, h("dt", {}, "Source"), h("dd", {}, one.source || "–"), h("dt", {}, "Fingerprint"), h("dd", {}, h("code", {}, one.fingerprint))), versions(one)));
}

function health(found) {
  if (!found) return h("p.foot", {}, "No published labels yet.");
  const success = (found.by_status.success ?? 0) / found.rows;
  const read = Object.values(found.matched_by).reduce((sum, n) => sum + n, 0);
  const rows = [
    ...Object.entries(found.by_status).filter(([status]) => status !== "success").map(([status, n]) => [f.titled(status), n, found.rows]),
    ...SURE.filter((word) => found.matched_by[word]).map((word) => [`Read as ${word}`, found.matched_by[word], read]),
  ];
  return h("div", {},
    h("p.foot", {}, `${f.percent(success)} of ${f.plural(found.rows, "row")} succeeded; ${f.percent((found.matched_by.exact ?? 0) / (read || 1))} were read exactly.`,
      h("progress", { "aria-label": `${f.percent(success)} succeeded`, max: 1, value: success })),
    more("Its health", table("", [
      { name: "What", cell: (row) => row[0] },
      { name: "Rows", kind: "n", cell: (row) => f.number(row[1]) },
      { name: "Share", kind: "n", cell: (row) => f.percent(row[1] / row[2]) },
    ], rows)));
}

function experiments(found) {
  if (!found?.length) return null;
  return more("What experiments measured", table("Agreement of a way of asking with what it was compared with; kappa 1 is the same, 0 is chance", [
    { name: "Way of asking", cell: (row) => [row.cell, h("div.quiet", {}, h("small", {}, `${row.model}, against ${row.baseline}${row.simulated ? ", simulated" : ""}`))] },
    { name: "Kappa", kind: "n", cell: (row) => (row.kappa === null ? "–" : `${row.kappa.toFixed(2)} (${row.kappa_low.toFixed(2)}–${row.kappa_high.toFixed(2)})`.replaceAll("-", "−")) },
    { name: "Agree", kind: "n", cell: (row) => f.percent(row.agreement) },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    { name: "Per 1,000", kind: "n", cell: (row) => f.money(row.cost_per_1000_usd) },
    { name: "When", kind: "line", cell: (row) => f.moment(row.measured_at) },
  ], found));
}

function versions(one) {
  if (!one.versions?.length) return null;
  return table("Versions that were published", [
    { name: "Version", cell: (row) => row.version || "–" },
    { name: "First week", kind: "line", cell: (row) => row.first },
    { name: "Last week", kind: "line", cell: (row) => row.last },
  ], [...one.versions].reverse());
}
