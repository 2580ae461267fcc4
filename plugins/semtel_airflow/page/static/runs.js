import { address, json } from "./api.js";
import { chart } from "./chart.js";
import { badge, banner, h, head, link, more, route, runLink, runName, section, table, tile } from "./dom.js";
import * as f from "./format.js";

const COURSES = [["cost_usd", "Cost"], ["tokens", "Tokens"], ["sampled", "Conversations"], ["success", "Success rate"], ["rows_per_s", "Labels per second"], ["wall_s", "Duration"]];
// Columns that the view shows elsewhere; all other columns of a run are listed under their names.
const SHOWN = new Set(["week", "run_id", "state", "started_at", "finished_at", "config_fingerprint", "sampled", "landed", "succeeded", "requests", "reused", "input_tokens", "output_tokens", "cost_usd", "seconds", "verdict", "simulated", "supersedes", "message", "rows_per_s", "success", "wall_s", "lanes", "kind", "base_run", "requested_by", "reason", "approved_by"]);

export async function runsView(query) {
  return query.run_id ? singleRun(query) : allRuns(query);
}

async function allRuns(query) {
  const { runs } = await json("api/runs");
  const shown = query.week ? runs.filter((run) => run.week === query.week) : runs;
  const published = runs.filter((run) => run.state === "published").length;
  return [
    head("Runs", query.week ? `Week ${query.week}` : "All weeks", query.week && link(route("runs"), "all weeks")),
    !query.week && published > 1 && h("div.card", {}, h("div.panels", {}, COURSES.map(([metric, name]) =>
      h("div.panel", {}, h("h3", {}, name), chart("runs", { metric })))),
      h("p.foot", {}, "One point per week, for its published run.")),
    section("Runs, latest first", null, h("div.card", {}, runsTable(shown))),
  ];
}

function runsTable(runs) {
  if (!runs.length) return h("p.quiet", {}, "No run of this week on record.");
  return table("", [
    { name: "Week", kind: "line", cell: (run) => link(route("week", { week: run.week }), run.week) },
    { name: "Run", kind: "line", cell: (run) => runLink(run) },
    { name: "State", kind: "line", cell: (run) => [badge(run.state), run.kind !== "weekly" && h("div.quiet", {}, h("small", {}, f.words(run.kind)))] },
    { name: "Lanes", kind: "line", cell: (run) => run.lanes.join(", ") || "–" },
    { name: "Conversations", kind: "n", cell: (run) => f.number(run.sampled) },
    { name: "Succeeded", kind: "n", cell: (run) => f.percent(run.success) },
    { name: "Reused", kind: "n", cell: (run) => f.compact(run.reused) },
    { name: "Cost", kind: "n", cell: (run) => (run.landed === null ? "–" : f.money(run.cost_usd)) },
    { name: "Tokens", kind: "n", cell: (run) => f.compact(run.input_tokens === null ? null : run.input_tokens + run.output_tokens) },
    { name: "Labels/s", kind: "n", cell: (run) => f.number(run.rows_per_s) },
    { name: "Duration", kind: "n", cell: (run) => f.duration(run.wall_s) },
  ], runs);
}

async function singleRun({ week, run_id: runId }) {
  const shown = await json("api/run", { week, run_id: runId });
  const { run } = shown;
  const bad = ["stopped", "failed"].includes(run.state);
  const airflow = parent === window && link(`../dags/semantic_telemetry_weekly/runs/${encodeURIComponent(runId)}`, "in Airflow");
  return [
    head(`Run of week ${week}`, runName(runId), [badge(run.state), run.verdict && run.verdict !== "passed" && ["gate: ", badge(run.verdict)],
      link(route("week", { week }), "week"), shown.has_report && link(address("report", { week, run_id: runId }), "report"),
      link(route("batch", { week, run_id: runId }), "batch jobs"), link(route("quarantine", { week, run_id: runId }), "quarantine"), airflow].filter(Boolean)),
    run.message && banner(bad ? "bad" : "note", bad ? "Reason" : "Message", run.message),
    run.simulated && banner("note", "Simulated labels", "The endpoint was the simulator. Use this run to check the layout, not to draw conclusions."),
    tiles(run),
    section("Origin and lanes", null, h("div.grid", {}, h("article.card", {}, facts(shown)), lanes(shown.lanes))),
    time(shown, week, runId),
    limits(shown.limits, week, runId),
    endpoints(shown.endpoints),
  ];
}

function tiles(run) {
  return h("div.tiles", {},
    tile("Conversations", f.number(run.sampled), ""),
    tile("Labels landed", f.compact(run.landed), run.landed === null ? "" : `${f.percent(run.success)} succeeded`),
    tile("Requests", f.compact(run.requests), run.reused ? `${f.compact(run.reused)} answers reused` : "no answers reused"),
    tile("Cost", run.landed === null ? "–" : f.money(run.cost_usd), run.cost_usd && run.sampled ? `${f.money((1000 * run.cost_usd) / run.sampled)} per 1,000` : ""),
    tile("Throughput", run.rows_per_s === null ? "–" : `${f.number(run.rows_per_s)}/s`, run.input_tokens && run.seconds ? `${f.compact((60 * (run.input_tokens + run.output_tokens)) / run.seconds)} tokens per minute` : ""),
    tile("Duration", f.duration(run.wall_s), run.started_at ? f.dateTime(run.started_at) : ""));
}

function facts({ run, replaced_by: by }) {
  const rows = [
    ["Run id", h("code", {}, run.run_id)],
    ["Reason", run.reason],
    ["Requested by", run.requested_by],
    ["Approved by", run.approved_by],
    ["Base run", run.base_run && runLink({ week: run.week, run_id: run.base_run })],
    ["Started", f.dateTime(run.started_at)],
    ["Ended", f.dateTime(run.finished_at)],
    ["Supersedes", run.supersedes && runLink({ week: run.week, run_id: run.supersedes })],
    ["Superseded by", by && runLink({ week: run.week, run_id: by })],
    ["Configuration", h("code", {}, run.config_fingerprint ?? "–")],
    ...Object.entries(run).filter(([name, value]) => !SHOWN.has(name) && value !== null && value !== "").map(([name, value]) =>
      [f.title(name), typeof value === "object" ? JSON.stringify(value) : String(value)]),
  ];
  return h("dl", {}, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

const lanes = (rows) => rows.map((lane) => h("article.card", {},
  h("p.kicker", {}, lane.lane),
  h("h3", {}, `${f.count(lane.rows, "row")} in ${f.duration(lane.seconds)}`),
  h("p", {}, `${f.count(lane.requests, "request")}, ${f.compact(lane.tokens)} tokens, ${lane.cost_usd === null ? "cost unknown" : f.money(lane.cost_usd)}`, lane.saved_usd ? `, ${f.money(lane.saved_usd)} saved compared with realtime` : ""),
  h("p.foot", {}, `Endpoints: ${lane.endpoints.split(",").join(", ")}.`),
  lane.reasons.map((row) => h("p.foot", {}, `${f.count(row.shards, "shard")}: ${row.reason}.`)),
  lane.rescued > 0 && h("p.foot", {}, h("span.down", {}, `${f.count(lane.rescued, "shard")} rescued in realtime.`))));

function time({ shards }, week, runId) {
  if (!shards.length) return null;
  const rows = table("", [
    { name: "Shard", cell: (row) => f.number(row.shard) },
    { name: "State", cell: (row) => badge(row.state) },
    { name: "Lane", cell: (row) => row.lane ?? "–" },
    { name: "Conversations", kind: "n", cell: (row) => f.number(row.conversations) },
    { name: "Rows", kind: "n", cell: (row) => f.number(row.rows) },
    { name: "Reused", kind: "n", cell: (row) => f.number(row.reused) },
    { name: "Cost", kind: "n", cell: (row) => (row.rows === null ? "–" : f.money(row.cost_usd)) },
    { name: "Time", kind: "n", cell: (row) => f.duration(row.seconds) },
    { name: "Reason for the lane", kind: "text", cell: (row) => [row.reason ?? "–", row.rescued && h("span.down", {}, ` · rescued: ${row.rescued}`)] },
  ], shards, { tall: true });
  const timed = shards.filter((shard) => shard.seconds !== null);
  const slowest = timed.reduce((longest, shard) => (shard.seconds > (longest?.seconds ?? -1) ? shard : longest), null);
  const title = slowest ? `Slowest shard: ${slowest.shard}, ${f.duration(slowest.seconds)}` : "Time per shard";
  return section(title, "Time from the first to the last request of each shard, slowest first; rescued shards in orange.",
    h("div.beside", {}, h("div.card", {}, timed.length ? chart("shards", { week, run_id: runId }) : h("p.quiet", {}, "No shard has finished yet.")), h("div.card", {}, rows)));
}

const LIMITS = { circuit: "Circuit breaker", concurrency: "Concurrent requests", learned_requests_per_minute: "Requests per minute, learned", pause_s: "Pause", requests_per_minute: "Requests per minute", tokens_per_minute: "Tokens per minute", share: "Share of the endpoint" };

function limits(endpointLimits, week, runId) {
  if (!endpointLimits.length) return null;
  return section("Concurrency limits", "Concurrent requests over the time of each task, with the reason for every change.",
    h("div.grid", {}, endpointLimits.map((limit) => h("article.card", {},
      h("p.kicker", {}, limit.name),
      h("h3", {}, limit.lowest === null ? "The limit did not change" : `${f.number(limit.lowest)}–${f.number(limit.highest)} concurrent requests`),
      limit.lowest !== null && chart("limits", { week, run_id: runId, endpoint: limit.name }),
      h("p.foot", {}, `${f.count(limit.tasks, "task")} · ${f.count(limit.successes, "reply", "replies")}, ${f.count(limit.refusals, "rejection")}, ${f.count(limit.failures, "failure")}`,
        limit.openings ? ` · the circuit breaker opened ${f.count(limit.openings, "time")}` : ""),
      limit.causes.length > 0 && more("Changes and their reasons", table("", [
        { name: "Limit", cell: (row) => LIMITS[row.what] ?? f.title(row.what) },
        { name: "Reason", kind: "text", cell: (row) => row.reason },
        { name: "Times", kind: "n", cell: (row) => f.number(row.count) },
        { name: "Largest change", kind: "n", cell: (row) => `${f.quantity(row.old)} → ${f.quantity(row.new)}` },
      ], limit.causes))))));
}

function endpoints(rows) {
  if (!rows.length) return null;
  return section("Endpoints", null, h("div.card", {}, table("", [
    { name: "Endpoint", cell: (row) => row.name },
    { name: "Model", cell: (row) => row.model ?? "–" },
    { name: "Rows", kind: "n", cell: (row) => f.number(row.rows) },
    { name: "Input tokens", kind: "n", cell: (row) => f.compact(row.input_tokens) },
    { name: "Output tokens", kind: "n", cell: (row) => f.compact(row.output_tokens) },
    { name: "Cost", kind: "n", cell: (row) => f.money(row.cost_usd) },
  ], rows)));
}
