import { json } from "./api.js";
import { badge, h, head, link, route, runLink, runName, section, table, tile } from "./dom.js";
import * as f from "./format.js";

export async function batchView(query) {
  const { week, run_id: runId } = query;
  const shown = await json("api/batches", { week, run_id: runId });
  const open = shown.jobs.filter((job) => job.open).length;
  const only = (week || runId) && [`only ${[week && `week ${week}`, runId && `run ${runName(runId)}`].filter(Boolean).join(", ")}`, link(route("batch"), "all jobs")];
  const requests = shown.states.reduce((sum, state) => sum + state.requests, 0);
  return [
    head("Batch jobs", shown.total ? (open ? `${f.count(open, "batch job")} in progress` : "No batch job in progress") : "No batch job on record", only),
    shown.total > 0 && h("div.tiles", {}, tile("Jobs", f.number(shown.total), `${f.compact(requests)} requests`),
      shown.states.map((state) => tile(f.title(state.state), f.number(state.jobs), `${f.compact(state.requests)} requests`))),
    shown.total > 0 && section("Jobs", shown.total > shown.jobs.length ? `Jobs in progress first, then the latest; ${f.number(shown.jobs.length)} of ${f.number(shown.total)} listed.` : "Jobs in progress first, then the latest.",
      h("div.card", {}, jobs(shown.jobs))),
  ];
}

function jobs(rows) {
  return table("", [
    { name: "Job", kind: "line", cell: (job) => h("code", { title: job.job_key }, job.provider_id ?? job.job_key.slice(-8)) },
    { name: "State", kind: "line", cell: (job) => [badge(job.state), job.provider_status && job.open ? h("div.quiet", {}, h("small", {}, f.words(job.provider_status))) : null] },
    { name: "Run", kind: "line", cell: (job) => [runLink(job, job.week), h("div.quiet", {}, h("small", {}, `shard ${job.shard}, round ${job.round}`))] },
    { name: "Endpoint", cell: (job) => [job.endpoint, h("div.quiet", {}, h("small", {}, job.model))] },
    { name: "Age", kind: "n", cell: (job) => [f.duration(job.age_s), job.quiet_s !== null && h("div.quiet", {}, h("small", {}, `checked ${f.duration(job.quiet_s)} ago`))] },
    { name: "Progress", kind: "line", cell: progress },
    { name: "Cost", kind: "n", cell: (job) => (job.cost_usd === null ? "–" : f.money(job.cost_usd)) },
    { name: "Message", kind: "text", cell: (job) => [job.message ?? "", job.refusals ? ` rejected by a full queue ${f.count(job.refusals, "time")}` : ""] },
  ], rows);
}

function progress(job) {
  const label = `${f.number(job.done ?? 0)} of ${f.number(job.requests)}`;
  if (job.done === null) return [`${f.count(job.requests, "request")}`, job.open ? h("progress", { "aria-label": "in progress", max: 1, value: 0 }) : null];
  const bad = job.answered === null ? 0 : job.done - job.answered;
  return [label, bad > 0 ? h("span.quiet", {}, `, ${f.number(bad)} not answered`) : null, h("progress", { "aria-label": label, max: job.requests, value: job.done })];
}
