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

function card(one) {
  if (one.problem) return h("article.card", {}, h("p.kicker", {}, one.id), h("h3", {}, one.name), h("p.down", {}, one.problem), versions(one));
  return h("article.card", {},
    h("p.kicker", {}, one.id),
    h("h3", {}, one.name),
    h("p", {}, one.description),
    h("div.groups", {}, h("span.badge.plain", {}, `version ${one.version}`), h("span.badge.plain", {}, one.kind_title), h("span.badge.plain", {}, f.count(one.labels.length, one.label_word))),
    health(one.health),
    experiments(one.experiments),
    more("Definitions", table("", [
      { name: "Label", cell: (label) => [label.name, label.group && h("div.quiet", {}, h("small", {}, label.group))] },
      { name: "Definition", kind: "text", cell: (label) => label.definition },
    ], one.labels, { tall: one.labels.length > 12 })),
    more("Origin", h("dl", {}, h("dt", {}, "Source"), h("dd", {}, one.source || "–"), h("dt", {}, "Fingerprint"), h("dd", {}, h("code", {}, one.fingerprint))), versions(one)));
}

function health(found) {
  if (!found) return h("p.foot", {}, "No published labels yet.");
  const success = (found.by_status.success ?? 0) / found.rows;
  const read = Object.values(found.matched_by).reduce((sum, n) => sum + n, 0);
  const rows = [
    ...Object.entries(found.by_status).filter(([status]) => status !== "success").map(([status, n]) => [f.title(status), n, found.rows]),
    ...SURE.filter((word) => found.matched_by[word]).map((word) => [`Matched: ${word}`, found.matched_by[word], read]),
  ];
  return h("div", {},
    h("p.foot", {}, `${f.percent(success)} of ${f.count(found.rows, "row")} succeeded; ${f.percent((found.matched_by.exact ?? 0) / (read || 1))} of readable replies matched exactly.`,
      h("progress", { "aria-label": `${f.percent(success)} succeeded`, max: 1, value: success })),
    more("Parsing results", table("", [
      { name: "Result", cell: (row) => row[0] },
      { name: "Rows", kind: "n", cell: (row) => f.number(row[1]) },
      { name: "Share", kind: "n", cell: (row) => f.percent(row[1] / row[2]) },
    ], rows)));
}

function experiments(found) {
  if (!found?.length) return null;
  return more("Experiments", table("Agreement of a strategy with its baseline; kappa: 1 is perfect agreement, 0 is chance", [
    { name: "Strategy", cell: (row) => [row.cell, h("div.quiet", {}, h("small", {}, `${row.model}, baseline ${row.baseline}${row.simulated ? ", simulated" : ""}`))] },
    { name: "Kappa", kind: "n", cell: (row) => (row.kappa === null ? "–" : `${row.kappa.toFixed(2)} (${row.kappa_low.toFixed(2)}–${row.kappa_high.toFixed(2)})`.replaceAll("-", "−")) },
    { name: "Agreement", kind: "n", cell: (row) => f.percent(row.agreement) },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    { name: "Cost per 1,000", kind: "n", cell: (row) => f.money(row.cost_per_1000_usd) },
    { name: "Measured", kind: "line", cell: (row) => f.dateTime(row.measured_at) },
  ], found));
}

function versions(one) {
  if (!one.versions?.length) return null;
  return table("Published versions", [
    { name: "Version", cell: (row) => row.version || "–" },
    { name: "First week", kind: "line", cell: (row) => row.first },
    { name: "Last week", kind: "line", cell: (row) => row.last },
  ], [...one.versions].reverse());
}
