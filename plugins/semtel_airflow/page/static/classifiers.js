import { json } from "./api.js";
import { h, head, link, more, route, section, table } from "./dom.js";
import * as f from "./format.js";

const SURE = ["exact", "normalised", "alias", "near", "relabelled"];

export async function classifiersView() {
  const shown = await json("api/classifiers");
  return [
    head("Classifiers", f.count(shown.classifiers.length, "classifier"), shown.week && ["parsing results of", link(route("week", { week: shown.week }), `week ${shown.week}`)]),
    h("div.grid", {}, shown.classifiers.map(card)),
    section("How replies are matched to labels", "Exact: spelled as in the definition. Normalised: case, spaces or punctuation differ. Alias: another known spelling. Near: similar in spelling to exactly one label. Relabelled: taken from a second reply, because the first was unreadable."),
  ];
}

function card(classifier) {
  if (classifier.problem) return h("article.card", {}, h("p.kicker", {}, classifier.id), h("h3", {}, classifier.name), h("p.down", {}, classifier.problem), versions(classifier));
  return h("article.card", {},
    h("p.kicker", {}, classifier.id),
    h("h3", {}, classifier.name),
    h("p", {}, classifier.description),
    h("div.groups", {}, h("span.badge.plain", {}, `version ${classifier.version}`), h("span.badge.plain", {}, classifier.kind_title), h("span.badge.plain", {}, f.count(classifier.labels.length, classifier.label_word))),
    health(classifier.health),
    experiments(classifier.experiments),
    more("Definitions", table("", [
      { name: "Label", cell: (label) => [label.name, label.group && h("div.quiet", {}, h("small", {}, label.group))] },
      { name: "Definition", kind: "text", cell: (label) => label.definition },
    ], classifier.labels, { tall: classifier.labels.length > 12 })),
    more("Origin", h("dl", {}, h("dt", {}, "Source"), h("dd", {}, classifier.source || "–"), h("dt", {}, "Fingerprint"), h("dd", {}, h("code", {}, classifier.fingerprint))), versions(classifier)));
}

function health(counts) {
  if (!counts) return h("p.foot", {}, "No published labels yet.");
  const success = (counts.by_status.success ?? 0) / counts.rows;
  const read = Object.values(counts.matched_by).reduce((sum, n) => sum + n, 0);
  const rows = [
    ...Object.entries(counts.by_status).filter(([status]) => status !== "success").map(([status, n]) => [f.title(status), n, counts.rows]),
    ...SURE.filter((word) => counts.matched_by[word]).map((word) => [`Matched: ${word}`, counts.matched_by[word], read]),
  ];
  return h("div", {},
    h("p.foot", {}, `${f.percent(success)} of ${f.count(counts.rows, "row")} succeeded; ${f.percent((counts.matched_by.exact ?? 0) / (read || 1))} of readable replies matched exactly.`,
      h("progress", { "aria-label": `${f.percent(success)} succeeded`, max: 1, value: success })),
    more("Parsing results", table("", [
      { name: "Result", cell: (row) => row[0] },
      { name: "Rows", kind: "n", cell: (row) => f.number(row[1]) },
      { name: "Share", kind: "n", cell: (row) => f.percent(row[1] / row[2]) },
    ], rows)));
}

function experiments(rows) {
  if (!rows?.length) return null;
  return more("Experiments", table("Agreement of a strategy with its baseline; kappa: 1 is perfect agreement, 0 is chance", [
    { name: "Strategy", cell: (row) => [row.cell, h("div.quiet", {}, h("small", {}, `${row.model}, baseline ${row.baseline}${row.simulated ? ", simulated" : ""}`))] },
    { name: "Kappa", kind: "n", cell: (row) => (row.kappa === null ? "–" : `${row.kappa.toFixed(2)} (${row.kappa_low.toFixed(2)}–${row.kappa_high.toFixed(2)})`.replaceAll("-", "−")) },
    { name: "Agreement", kind: "n", cell: (row) => f.percent(row.agreement) },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    { name: "Cost per 1,000", kind: "n", cell: (row) => f.money(row.cost_per_1000_usd) },
    { name: "Measured", kind: "line", cell: (row) => f.dateTime(row.measured_at) },
  ], rows));
}

function versions(classifier) {
  if (!classifier.versions?.length) return null;
  return table("Published versions", [
    { name: "Version", cell: (row) => row.version || "–" },
    { name: "First week", kind: "line", cell: (row) => row.first },
    { name: "Last week", kind: "line", cell: (row) => row.last },
  ], [...classifier.versions].reverse());
}
