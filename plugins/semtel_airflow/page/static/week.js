import { json } from "./api.js";
import { chart } from "./chart.js";
import { badge, banner, choices, h, head, link, more, route, runLink, section, select, table, tile } from "./dom.js";
import * as f from "./format.js";

export async function weekView(query, start) {
  const week = query.week ?? start.week;
  const shown = await json("api/week", { week });
  const go = (to) => { location.hash = route("week", { week: to }); };
  const names = start.weeks.map((row) => row.week);
  const at = names.indexOf(week);
  const step = (words, to) => h("button", { type: "button", disabled: !to, "aria-label": words, onclick: () => go(to) }, words === "Earlier week" ? "←" : "→");
  const options = start.weeks.map((row) => [row.week, row.published ? row.week : `${row.week} · not published`]);
  return [
    head("Weekly labels", shown.title, [shown.span, badge(shown.state), runLink({ ...shown, week }, "run")],
      step("Earlier week", names[at + 1]), select("Week", options, week, go), step("Later week", names[at - 1])),
    shown.banners.map(({ kind, heading, text }) => banner(kind, heading, text)),
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
    tile("Labels landed", f.compact(landed), totals.reused ? `${f.compact(totals.reused)} reused at no cost` : ""),
    tile("Succeeded", landed ? f.percent(succeeded / landed) : "–", landed ? (landed === succeeded ? "no failures" : `${f.count(landed - succeeded, "row")} without a label`) : ""),
    tile("Cost", landed ? f.money(cost) : "–", cost && sampled ? `${f.money((1000 * cost) / sampled)} per 1,000 conversations` : landed && cost === null ? "the price of a model is unknown" : ""),
    tile("Tokens", f.compact(tokens), tokens ? `${f.compact(totals.input_tokens)} input, ${f.compact(totals.output_tokens)} output` : ""),
    tile("Time", f.duration(seconds), seconds && landed ? `${f.number(landed / seconds)} labels per second` : ""));
}

function labels(shown) {
  const compared = shown.changes.length > 0;
  return section("How conversations were labelled",
    ["Shares are weighted to represent the whole week and shown with their 95% confidence interval (CI) and the number of conversations with the label (n). Each chart has its own scale.",
      shown.covers ?? (shown.is_corrected && "Corrected shares are estimated from these labels and from gold rows: conversations that people labelled.")].filter(Boolean).join(" "),
    h("ul.legend", {}, h("li", {}, h("i.bar"), "share"), h("li", {}, h("i.whisker"), "95% CI"),
      shown.is_corrected && h("li", {}, h("i.corrected"), "corrected share, 95% CI"),
      compared && h("li", {}, h("i.diamond"), `week ${shown.previous_week}`)),
    h("div.columns", {}, shown.classifiers.map((classifier) => card(shown, classifier))));
}

function card(shown, classifier) {
  return h("article.card", {},
    h("p.kicker", {}, classifier.title),
    h("h3", {}, classifier.leader),
    classifier.groups.length > 0 && h("div.groups", {}, classifier.groups.map((group) =>
      h("span.badge.plain", {}, `${f.title(group.label)} ${f.percent(group.share)} (${f.interval(group.low, group.high)})${group.corrected ? `, corrected ${correctedWords(group.corrected)}` : ""}`))),
    chart("share", { week: shown.week, classifier: classifier.id }),
    classifier.rows.length > 14 && h("p.foot", {}, `${f.count(classifier.rows.length - 14, "more label")} in the table.`),
    classifier.several && h("p.foot", {}, "A conversation can have several labels, so shares can add up to more than 100%."),
    h("p.foot", {}, f.count(classifier.n, "labelled conversation"), classifier.not_compared && shown.previous_week ? ` · not compared: ${classifier.not_compared}` : ""),
    !shown.covers && h("p.foot", {}, classifier.covers),
    classifier.bridge && h("p.foot", {}, bridgeWords(classifier.bridge)),
    more("Table", shareTable(classifier)),
    classifier.labellers.length > 0 && h("p.foot", {}, `Labelled by ${classifier.labellers.map((one) => one.name).filter((name, at, all) => all.indexOf(name) === at).join(", ")}`));
}

const withInterval = (name) => [name, h("br"), h("small", {}, "95% CI")];

function shareWords(share) {
  return share ? [f.percent(share.share), h("br"), h("small.quiet", {}, f.interval(share.low, share.high))] : "–";
}

function correctedWords({ share, low, high }) {
  return `${f.percent(share)} (${f.interval(low, high)})`;
}

function shareTable(classifier) {
  const columns = [
    { name: "Label", cell: (row) => row.name },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    ...(classifier.is_corrected
      ? [{ name: withInterval("Share"), kind: "n", cell: shareWords }, { name: withInterval("Corrected"), kind: "n", cell: (row) => shareWords(row.corrected) }]
      : [{ name: "Share", kind: "n", cell: (row) => f.percent(row.share) }, { name: "95% CI", kind: "n", cell: (row) => f.interval(row.low, row.high) }]),
  ];
  if (classifier.bridge) {
    columns.push({ name: "Labeller", kind: "n", cell: (row) => partWords(row.labeller) });
    columns.push({ name: "Users", kind: "n", cell: (row) => partWords(row.change) });
  } else if (!classifier.not_compared) columns.push({ name: "Change", kind: "n", cell: (row) => changeWords(row.change) });
  return table(`${classifier.title}: weighted share of ${f.count(classifier.n, "labelled conversation")}`, columns, classifier.rows);
}

function bridgeWords(bridge) {
  const who = bridge.before === bridge.now ? "" : ` from ${bridge.before} to ${bridge.now}`;
  return `The labeller changed${who}: ${f.count(bridge.rows, "row")} of week ${bridge.week} were labelled again. ` +
    `Week ${bridge.week} is shown as this labeller sees it; the change is the users’ part.`;
}

function partWords(change) {
  if (!change) return "–";
  return h(`span.${change.is_real ? "real" : "quiet"}`, {}, `${f.points(change.change)} (${f.points(change.low)} to ${f.points(change.high)})`);
}

function changeWords(change) {
  if (!change) return "–";
  const kind = change.is_real ? (change.change > 0 ? "up" : "down") : "quiet";
  return h(`span.${kind}`, {}, f.points(change.change));
}

function changes(shown) {
  if (!shown.changes.length) return null;
  const real = shown.changes.filter((row) => row.change.is_real).length;
  const title = real ? `${f.count(real, "share")} changed significantly` : "No share changed significantly";
  const all = table(`All compared shares, week ${shown.previous_week} and week ${shown.week}`, [
    { name: "Label", cell: (row) => row.name },
    { name: "Classifier", cell: (row) => row.title },
    { name: "Before", kind: "n", cell: (row) => f.percent(row.previous) },
    { name: "Now", kind: "n", cell: (row) => f.percent(row.share) },
    { name: "Change", kind: "n", cell: (row) => changeWords(row.change) },
    { name: "95% CI", kind: "n", cell: (row) => `${f.points(row.change.low)} to ${f.points(row.change.high)}` },
    { name: "Significant", cell: (row) => (row.change.is_real ? "yes" : "no") },
  ], shown.changes, { tall: true });
  const columns = Array.from({ length: shown.change_columns }, (_, column) => chart("change", { week: shown.week, column }));
  return section(title,
    `Differences from week ${shown.previous_week} in percentage points with their 95% CI. Coloured: significant after correction for ${f.count(shown.changes.length, "comparison")}. Grey: not significant.${shown.is_corrected ? " Changes are those of the shares as labelled; corrected shares are not compared between weeks." : ""}`,
    h("ul.legend", {}, h("li", {}, h("i"), "increase"), h("li", {}, h("i.warm"), "decrease"), h("li", {}, h("i.noise"), "not significant")),
    h("div.card", {}, h("div.row", {}, columns), more(`All ${shown.changes.length} changes`, all)));
}

async function overTime(shown) {
  const place = h("div.card");
  const picked = h("div");
  const draw = async (classifier) => {
    picked.replaceChildren(choices("Classifier", shown.classifiers.map(({ id, title }) => [id, title]), classifier, draw));
    place.replaceChildren(...(await panels(shown, classifier)));
  };
  await draw(shown.classifiers[0].id);
  return section("Trend over the year",
    "The largest labels in the published weeks up to this one. The band is the 95% CI; point at a week to read its value.", picked, place);
}

async function panels(shown, classifier) {
  const history = await json("api/over-time", { classifier, until: shown.week });
  if (history.weeks.length < 2) return [h("p.quiet", {}, "Only one week is published so far; a trend needs two.")];
  const drawn = history.labels.slice(0, 6).map((label) => {
    const last = label.points.at(-1);
    return h("div.panel", {}, h("h3", {}, label.name, h("span", {}, last ? f.percent(last.share) : "–")),
      chart("label", { until: shown.week, classifier, label: label.label }));
  });
  const corrected = history.labels.some((label) => label.points.some((point) => point?.corrected));
  const rows = history.weeks.map((week, at) => ({ week, at })).reverse();
  const all = table(`${history.title}: share of each label, by week`, [
    { name: "Week", kind: "line", cell: (row) => link(route("week", { week: row.week }), row.week) },
    ...history.labels.map((label) => ({ name: label.name, kind: "n", cell: ({ at }) => pointWords(label.points[at]) })),
  ], rows, { tall: true });
  return [
    h("div.panels", {}, drawn),
    corrected && h("p.foot", {}, "The line is the share as labelled. A hollow circle is the share corrected with gold rows, with its own 95% CI."),
    ...history.breaks.map((found) => h("p.foot", {}, `Break before week ${found.week}: ${found.why}.${breakWords(history, found)}`)),
    more(`All ${history.labels.length} labels in ${history.weeks.length} weeks`, all),
  ].filter(Boolean);
}

function pointWords(point) {
  const share = f.percent(point?.share);
  return point?.corrected ? `${share}, corrected ${f.percent(point.corrected.share)}` : share;
}

function breakWords(history, found) {
  const words = history.labels.filter((label) => found.labels[label.label]).slice(0, 6).map((label) => {
    const parts = found.labels[label.label];
    return `${label.name}: labeller ${f.points(parts.labeller)}, users ${f.points(parts.users)}`;
  });
  return words.length ? ` In percentage points: ${words.join("; ")}.` : "";
}

function satisfaction(shown) {
  if (!shown.slices.length) return null;
  return section("Satisfaction by group",
    "Share of satisfied and dissatisfied conversations within each group, with 95% CI. The remaining conversations were neutral; groups too small to report are omitted." + (shown.is_corrected ? " Shares within groups are not corrected." : ""),
    h("div.grid", {}, shown.slices.map((slice) => h("article.card", {},
      h("p.kicker", {}, `${slice.title} by ${slice.by_title.toLowerCase()}`),
      h("ul.legend", {}, h("li", {}, h("i"), "satisfied"), h("li", {}, h("i.warm.square"), "dissatisfied")),
      chart("slice", { week: shown.week, by: slice.by }),
      slice.rows.length > 14 && h("p.foot", {}, `${f.count(slice.rows.length - 14, "more group")} in the table.`),
      more("Table", sliceTable(slice))))));
}

function sliceTable(slice) {
  const outcomes = [...new Set(slice.rows.flatMap((row) => Object.keys(row.shares)))];
  return table(`${slice.title} within each group`, [
    { name: "Group", cell: (row) => row.name },
    { name: "n", kind: "n", cell: (row) => f.number(row.n) },
    ...outcomes.flatMap((outcome) => [
      { name: f.words(outcome), kind: "n", cell: (row) => f.percent(row.shares[outcome]?.share ?? 0) },
      { name: "95% CI", kind: "n", cell: (row) => (row.shares[outcome] ? f.interval(row.shares[outcome].low, row.shares[outcome].high) : "–") },
    ]),
  ], slice.rows);
}
