import { json } from "./api.js";
import { badge, choices, h, head, pager, route, runName, section, select, table } from "./dom.js";
import * as f from "./format.js";

export async function quarantineView(query, start) {
  const { runs } = await json("api/runs");
  const week = query.week ?? start.week;
  const ofWeek = runs.filter((run) => run.week === week);
  const runId = query.run_id ?? (ofWeek.find((run) => run.state === "published") ?? ofWeek[0])?.run_id;
  const weeks = [...new Set([week, ...runs.map((run) => run.week)])].sort().reverse();
  const controls = [select("Week", weeks.map((name) => [name, name]), week, (to) => { location.hash = route("quarantine", { week: to }); })];
  if (ofWeek.length > 1) {
    controls.push(select("Run", ofWeek.map((run) => [run.run_id, `${runName(run.run_id)} · ${f.words(run.state)}`]), runId,
      (to) => { location.hash = route("quarantine", { week, run_id: to }); }));
  }
  if (!runId) return [head("Quarantine", `Week ${week}`, null, controls), h("p.quiet", {}, "No run of this week on record.")];
  const aside = h("div.card");
  const unlabelled = h("div.card");
  const total = await setAside(aside, week, runId, null, 0);
  const rows = await withoutLabel(unlabelled, week, runId, 0, start.may_read_text);
  return [
    head("Quarantine", total + rows ? `${f.count(total, "record")} in quarantine, ${f.count(rows, "row")} without a label` : "Quarantine is empty", `Week ${week}, run ${runName(runId)}`, ...controls),
    section("Records that could not be read", "Place and reason only; the text is not stored.", aside),
    section("Rows without a label", start.may_read_text ? "You can read each conversation with personal data removed, as it was sent; every access is logged." :
      "Conversation text is not shown: it is turned off for this installation, or your role may not edit connections.", unlabelled),
  ];
}

async function setAside(place, week, runId, reason, offset) {
  const shown = await json("api/quarantine", { week, run_id: runId, reason, offset: offset || null });
  const again = (to, at = 0) => setAside(place, week, runId, to, at);
  if (!shown.total) {
    place.replaceChildren(h("p.quiet", {}, "All records of the source could be read."));
    return 0;
  }
  const options = [[null, "All ", h("b", {}, f.number(shown.total))], ...shown.reasons.map((row) => [row.reason, `${row.reason} `, h("b", {}, f.number(row.count))])];
  place.replaceChildren(...[
    choices("Reason", options, reason, (to) => again(to)),
    table("", [
      { name: "Place", kind: "text", cell: (row) => h("code", {}, row.place) },
      { name: "Reason", kind: "text", cell: (row) => row.reason },
      { name: "Detail", kind: "text", cell: (row) => row.detail || "–" },
      { name: "Step", kind: "line", cell: (row) => row.step },
    ], shown.entries),
    pager(shown.matching, shown.offset, shown.page_rows, (at) => again(reason, at)),
  ].filter(Boolean));
  return shown.total;
}

async function withoutLabel(place, week, runId, offset, mayRead) {
  const shown = await json("api/unlabelled", { week, run_id: runId, offset: offset || null });
  if (!shown.total) {
    place.replaceChildren(h("p.quiet", {}, "All rows of this run have a label."));
    return 0;
  }
  const columns = [
    { name: "Conversation", kind: "text", cell: (row) => h("code", {}, row.conversation_id) },
    { name: "Classifier", cell: (row) => row.classifier },
    { name: "Status", kind: "line", cell: (row) => badge(row.status) },
    { name: "Error", kind: "text", cell: (row) => row.error ?? "–" },
    { name: "Shard", kind: "n", cell: (row) => f.number(row.shard) },
    { name: "Endpoint", cell: (row) => row.endpoint ?? "–" },
    { name: "Attempts", kind: "n", cell: (row) => f.number(row.attempts) },
  ];
  if (mayRead) columns.push({ name: "Text", cell: (row) => readButton(week, row.conversation_id) });
  place.replaceChildren(...[
    h("div.groups", {}, shown.counts.map((row) => h("span.badge.plain", {}, `${row.classifier}: ${f.words(row.status)} ${f.number(row.n)}`))),
    table("", columns, shown.rows),
    pager(shown.total, shown.offset, shown.page_rows, (at) => withoutLabel(place, week, runId, at, mayRead)),
  ].filter(Boolean));
  return shown.total;
}

function readButton(week, id) {
  const button = h("button", { type: "button" }, "Read");
  button.addEventListener("click", async () => {
    try {
      const conversation = await json("api/conversation", { week, conversation_id: id });
      const turns = conversation.turns.map((turn) => h("div.talk", {}, h("b", {}, turn.role), turn.content));
      button.closest("tr").after(h("tr", {}, h("td", { colspan: 8 }, turns)));
      button.remove();
    } catch (refused) {
      button.replaceWith(refused.message);
    }
  });
  return button;
}
