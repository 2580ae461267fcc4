import { json } from "./api.js";
import { chart } from "./chart.js";
import { badge, banner, choices, h, head, link, more, route, runLink, section, select, table, tile } from "./dom.js";
import * as f from "./format.js";

export async function weekView(query, start) {
  const week = query.week ?? start.week;
  const shown = await json("api/week", { week });
  const go = (to) => { location.hash = route("week", { week: to }); };
  const names = start.weeks.map((one) => one.week);
  const at = names.indexOf(week);
  const step = (words, to) => h("button", { type: "button", disabled: !to, "aria-label": words, onclick: () => go(to) }, words === "Earlier week" ? "←" : "→");
  const options = start.weeks.map((one) => [one.week, one.published ? one.week : `${one.week} · not published`]);
  return [
    head("What people asked for", shown.title, [shown.span, badge(shown.state), runLink({ ...shown, week }, "its run")],
      step("Earlier week", names[at + 1]), select("Week", options, week, go), step("Later week", names[at - 1])),
    shown.banners.map((one) => banner(one.kind, one.heading, one.text)),
    h("ul.findings", {}, shown.findings.map((finding) => h("li", {}, finding))),
    tiles(shown.totals),
    shown.classifiers.length ? [labels(shown), changes(shown), await overTime(shown), satisfaction(shown)] : null,
  ];
}

function tiles(totals) {
  const { sampled, landed_rows: landed, succeeded, cost_usd: cost, seconds } = totals;
  const tokens = totals.input_tokens === null ? null : totals.input_tokens + (totals.output_tokens ?? 0);
  return h("div.tiles", {},
    tile("Conversations", f.number(sampled), "in the week's sample"),
    tile("Labels landed", f.compact(landed), totals.reused ? `${f.compact(totals.reused)} were paid for before` : ""),
    tile("Succeeded", landed ? f.percent(succeeded / landed) : "–", landed ? (landed === succeeded ? "every one" : `${f.number(landed - succeeded)} did not`) : ""),
    tile("Cost", landed ? f.money(cost) : "–", cost && sampled ? `${f.money((1000 * cost) / sampled)} per 1,000 conversations` : ""),
    tile("Tokens", f.compact(tokens), tokens ? `${f.compact(totals.input_tokens)} in, ${f.compact(totals.output_tokens)} out` : ""),
    tile("Time", f.duration(seconds), seconds && landed ? `${f.number(landed / seconds)} labels a second` : ""));
}

function labels(shown) {
  const compared = shown.changes.length > 0;
  return section("What the conversations were",
    "Each share is weighted to stand for the whole week and is given with its 95 % interval and its n. Each card has a scale of its own.",
    h("ul.legend", {}, h("li", {}, h("i.bar"), "share"), h("li", {}, h("i.whisker"), "95 % interval"),
      compared && h("li", {}, h("i.diamond"), `week ${shown.previous_week}`)),
    h("div.columns", {}, shown.classifiers.map((one) => card(shown, one))));
}

function card(shown, one) {
  return h("article.card", {},
    h("p.kicker", {}, one.title),
    h("h3", {}, one.leader),
    one.groups.length > 0 && h("div.groups", {}, one.groups.map((group) =>
      h("span.badge.plain", {}, `${f.titled(group.label)} ${f.percent(group.share)} (${f.interval(group.low, group.high)})`))),
    chart("share", { week: shown.week, classifier: one.id }),
    one.rows.length > 14 && h("p.foot", {}, `${one.rows.length - 14} more labels are in the table.`),
    one.several && h("p.foot", {}, "A conversation can have several of these, so shares sum to more than 100 %."),
    h("p.foot", {}, `${f.plural(one.n, "conversation")} labelled`, one.not_compared && shown.previous_week ? ` · not compared: ${one.not_compared}` : ""),
    more("The numbers", shareTable(one)));
}

function shareTable(one) {
  const columns = [
    { name: "Label", cell: (row) => row.name },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    { name: "Share", kind: "n", cell: (row) => f.percent(row.share) },
    { name: "95 %", kind: "n", cell: (row) => f.interval(row.low, row.high) },
  ];
  if (!one.not_compared) columns.push({ name: "Change", kind: "n", cell: (row) => changeWords(row.change) });
  return table(`${one.title}: weighted share of ${f.number(one.n)} labelled conversations`, columns, one.rows);
}

function changeWords(change) {
  if (!change) return "–";
  const kind = change.is_real ? (change.change > 0 ? "up" : "down") : "quiet";
  return h(`span.${kind}`, {}, f.points(change.change));
}

function changes(shown) {
  if (!shown.changes.length) return null;
  const real = shown.changes.filter((row) => row.change.is_real).length;
  const title = real ? `${f.plural(real, "share")} really changed` : "Nothing changed by more than chance";
  const all = table(`Every compared share, week ${shown.previous_week} against ${shown.week}`, [
    { name: "Label", cell: (row) => row.name },
    { name: "Classifier", cell: (row) => row.title },
    { name: "Before", kind: "n", cell: (row) => f.percent(row.previous) },
    { name: "Now", kind: "n", cell: (row) => f.percent(row.share) },
    { name: "Change", kind: "n", cell: (row) => changeWords(row.change) },
    { name: "95 %", kind: "n", cell: (row) => `${f.points(row.change.low)} to ${f.points(row.change.high)}` },
    { name: "Real?", cell: (row) => (row.change.is_real ? "yes" : "within chance") },
  ], shown.changes, { tall: true });
  const columns = Array.from({ length: shown.change_columns }, (_, column) => chart("change", { week: shown.week, column }));
  return section(title,
    `Differences to week ${shown.previous_week} in percentage points with their 95 % interval. Coloured: real, also after correcting for ${shown.changes.length} comparisons at once. Grey: within what chance alone does.`,
    h("ul.legend", {}, h("li", {}, h("i"), "more than the week before"), h("li", {}, h("i.warm"), "less"), h("li", {}, h("i.noise"), "within chance")),
    h("div.card", {}, h("div.row", {}, columns), more(`All ${shown.changes.length} changes`, all)));
}

async function overTime(shown) {
  const place = h("div.card");
  const picked = h("div");
  const draw = async (classifier) => {
    picked.replaceChildren(choices("Classifier", shown.classifiers.map((one) => [one.id, one.title]), classifier, draw));
    place.replaceChildren(...(await panels(shown, classifier)));
  };
  await draw(shown.classifiers[0].id);
  return section("How it went over the year",
    "The largest labels in the published weeks up to this one. The band is the 95 % interval; point at a week to read it.", picked, place);
}

async function panels(shown, classifier) {
  const history = await json("api/over-time", { classifier, until: shown.week });
  if (history.weeks.length < 2) return [h("p.quiet", {}, "One week is published so far; there is no course to draw yet.")];
  const drawn = history.labels.slice(0, 6).map((one) => {
    const last = one.points.at(-1);
    return h("div.panel", {}, h("h3", {}, one.name, h("span", {}, last ? f.percent(last.share) : "–")),
      chart("label", { until: shown.week, classifier, label: one.label }));
  });
  const changed = history.versions.findIndex((version, at) => at > 0 && version !== history.versions[at - 1]);
  const rows = history.weeks.map((week, at) => ({ week, at })).reverse();
  const all = table(`${history.title}: share of each label, by week`, [
    { name: "Week", kind: "line", cell: (row) => link(route("week", { week: row.week }), row.week) },
    ...history.labels.map((one) => ({ name: one.name, kind: "n", cell: ({ at }) => f.percent(one.points[at]?.share) })),
  ], rows, { tall: true });
  return [
    h("div.panels", {}, drawn),
    changed > 0 && h("p.foot", {}, `The definition changed with week ${history.weeks[changed]}, from version ${history.versions[changed - 1]} to ${history.versions[changed]}.`),
    more(`All ${history.labels.length} labels in ${history.weeks.length} weeks`, all),
  ].filter(Boolean);
}

function satisfaction(shown) {
  if (!shown.slices.length) return null;
  return section("Who was satisfied",
    "Share of satisfied and of dissatisfied conversations within each group, with 95 % intervals. The rest were neutral; groups too small to report are left out.",
    h("div.grid", {}, shown.slices.map((slice) => h("article.card", {},
      h("p.kicker", {}, `${slice.title} by ${slice.by_title.toLowerCase()}`),
      h("ul.legend", {}, h("li", {}, h("i"), "satisfied"), h("li", {}, h("i.warm.square"), "dissatisfied")),
      chart("slice", { week: shown.week, by: slice.by }),
      slice.rows.length > 14 && h("p.foot", {}, `${slice.rows.length - 14} more groups are in the table.`),
      more("The numbers", sliceTable(slice))))));
}

function sliceTable(slice) {
  const outcomes = [...new Set(slice.rows.flatMap((row) => Object.keys(row.shares)))];
  return table(`${slice.title} within each group`, [
    { name: "Group", cell: (row) => row.name },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    ...outcomes.flatMap((outcome) => [
      { name: f.words(outcome), kind: "n", cell: (row) => f.percent(row.shares[outcome]?.share ?? 0) },
      { name: "95 %", kind: "n", cell: (row) => (row.shares[outcome] ? f.interval(row.shares[outcome].low, row.shares[outcome].high) : "–") },
    ]),
  ], slice.rows);
}
