import { json } from "./api.js";
import { badge, h, head, link, route, runLink, section, table } from "./dom.js";
import * as f from "./format.js";

const SIGNS = { passed: "✓", warn: "!", stop: "✗" };

export async function qualityView(query) {
  const shown = await json("api/quality", { until: query.week });
  const stopped = shown.runs.filter((run) => run.verdict === "stop").length;
  const title = stopped ? `${f.number(stopped)} of ${f.count(shown.runs.length, "run")} stopped by the quality gate` : "No run stopped by the quality gate";
  return [
    head("Quality", shown.runs.length ? title : "No run has been checked yet", query.week && [`up to week ${query.week}`, link(route("quality"), "latest runs")]),
    shown.runs.length > 0 && section("Checks by run",
      "Latest run first. A check that runs for each classifier shows its worst result and how many classifiers failed.",
      h("ul.legend", {}, h("li", {}, h("span.cell", {}, "✓"), " passed"), h("li", {}, h("span.cell.warn", {}, "!"), " warned"), h("li", {}, h("span.cell.stop", {}, "✗"), " stopped the run")),
      h("div.card", {}, board(shown))),
    shown.runs.length > 0 && section("Failed checks", null, h("div.card", {}, failures(shown))),
    section("Alerts", "Open alerts first.", h("div.card", {}, alerts(shown.alerts))),
  ];
}

function board(shown) {
  const columns = shown.runs.map((run) => h("th", { scope: "col" }, link(route("runs", run), h("span.hidden", {}, "Run of week "), run.week)));
  const rows = shown.checks.map((check) => h("tr", {}, h("th", { scope: "row", title: check.description }, check.name),
    shown.runs.map((run) => h("td", {}, cell(check, run)))));
  const element = h("table.board", {}, h("caption.hidden", {}, "Result of each check in each run"), h("thead", {}, h("tr", {}, h("td", {}), columns)), h("tbody", {}, rows));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": "Result of each check in each run" }, element);
}

function cell(check, run) {
  const result = check.runs[`${run.week} ${run.run_id}`];
  if (!result) return h("span.cell.none", {}, "·", h("span.hidden", {}, "not run"));
  const summary = result.failed ? `${result.outcome === "stop" ? "stopped" : "warned"}: ${result.failed} of ${result.of} failed` : `passed, ${result.of} of ${result.of}`;
  return h(`span.cell${result.outcome === "passed" ? "" : `.${result.outcome}`}`, { title: `${check.name}, ${run.week}: ${summary}` },
    h("span", { "aria-hidden": "true" }, SIGNS[result.outcome]), h("span.hidden", {}, summary));
}

function failures(shown) {
  if (!shown.failures.length) return h("p.quiet", {}, "All checks of these runs passed.");
  return [
    table("", [
      { name: "Check", cell: (row) => row.check },
      { name: "Result", cell: (row) => badge(row.severity === "stop" ? "stopped" : "warn") },
      { name: "Run", kind: "line", cell: (row) => runLink(row, row.week) },
      { name: "Classifier", cell: (row) => row.classifier ?? "whole run" },
      { name: "Observed", kind: "text", cell: (row) => row.observed ?? "–" },
      { name: "Expected", kind: "text", cell: (row) => row.expected ?? "–" },
      { name: "Notes", kind: "text", cell: (row) => row.notes || "" },
      { name: "Checked", kind: "line", cell: (row) => f.dateTime(row.checked_at) },
    ], shown.failures),
    shown.more_failures > 0 && h("p.foot", {}, `${f.count(shown.more_failures, "older failure")} not listed.`),
  ];
}

function alerts(rows) {
  if (!rows.length) return h("p.quiet", {}, "No alerts.");
  return table("", [
    { name: "Alert", kind: "text", cell: (row) => [row.what, row.findings.map((finding) => h("div.quiet", {}, h("small", {}, finding))),
      row.examples.length > 0 && h("div.quiet", {}, h("small", {}, "Examples: ", row.examples.map((id, at) => [at ? ", " : "", h("code", {}, id)])))] },
    { name: "Severity", kind: "line", cell: (row) => badge(row.severity) },
    { name: "State", kind: "line", cell: (row) => [badge(row.state), row.resolution && h("div.quiet", {}, h("small", {}, row.resolution))] },
    { name: "Run", kind: "line", cell: (row) => (row.week ? runLink(row, row.week) : "–") },
    { name: "Raised", kind: "line", cell: (row) => f.dateTime(row.raised_at) },
    { name: "Resolved", kind: "line", cell: (row) => f.dateTime(row.resolved_at) },
  ], rows);
}
