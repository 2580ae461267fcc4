import { address, json } from "./api.js";
import { chart } from "./chart.js";
import { banner, h, head, link, more, route, section, table, tile } from "./dom.js";
import * as f from "./format.js";

const TONES = { same: ".good", bridge: ".good", worse: ".bad", unclear: ".plain", none: ".plain" };
const VERDICTS = { none: "not compared", bridge: "bridged" };
const LISTED_BY = { endpoint: "the endpoint's list", "models.yaml": "models.yaml", none: "nobody" };

export async function modelsView() {
  const shown = await json("api/models");
  return [
    head("Models", heading(shown), shown.classifiers.length > 0 && ["labels of", link(route("week", { week: shown.week }), `week ${shown.week}`)]),
    !shown.classifiers.length && h("p.lead", {}, "A week that is published from now on records who labelled it; earlier releases did not."),
    shown.warnings.map(({ kind, heading: words, text }) => banner(kind, words, text)),
    shown.classifiers.length > 0 && tiles(shown),
    shown.classifiers.length > 0 && section("Who labels each classifier",
      `The models whose labels were published in the last ${f.count(shown.weeks, "week")}, each with the version of its prompt. At a break the labels before and after are not of the same labeller: what it did to the shares is known from a bridge, or from an alignment.`,
      h("ul.legend", {}, h("li", {}, h("i.bar"), "weeks it labelled"), h("li", {}, h("i.break"), "break, numbered")),
      h("div.columns", {}, shown.classifiers.map(card))),
    shown.models.length > 0 && section("Names and the models behind them",
      "A name in endpoints.yaml may stand for another model from one week to the next; a reply names the one that answered.",
      h("div.card", {}, served(shown.models), endpoints(shown.models))),
  ];
}

const answers = (labeller) => labeller.served_model ?? labeller.model;

function heading(shown) {
  if (!shown.classifiers.length) return "No labeller is on record yet";
  const names = [...new Set(shown.classifiers.flatMap(({ now }) => now.map(answers)))];
  if (!names.length) return "Nothing was labelled in the last week";
  const labelled = shown.classifiers.filter(({ now }) => now.length).length;
  return names.length === 1 ? `${names[0]} labels ${f.count(labelled, "classifier")}` : `${names.length} models label ${f.count(labelled, "classifier")}`;
}

function tiles(shown) {
  const breaks = shown.classifiers.flatMap((classifier) => classifier.breaks);
  const open = breaks.filter((one) => one.verdict === "none");
  const days = shown.classifiers.flatMap((classifier) => classifier.sentinels);
  const alarms = shown.classifiers.filter((classifier) => classifier.sentinels.some((day) => day.alarmed));
  const asked = days.map(({ day }) => day).sort().at(-1);
  const gold = shown.classifiers.filter((classifier) => classifier.gold);
  const [first] = shown.models.flatMap(({ model, endpoints: places }) => places.filter((place) => place.shutdown_date).map((place) => ({ model, ...place })))
    .sort((one, other) => one.days_left - other.days_left);
  return h("div.tiles", {},
    tile("Days left", first ? f.number(first.days_left) : "–", first ? `${first.model}, until ${f.date(first.shutdown_date)}` : "no last day is known"),
    tile("Breaks", f.number(breaks.length), breaks.length ? `${f.number(open.length)} not compared` : `in ${f.count(shown.weeks, "week")}`),
    tile("Sentinels", days.length ? (alarms.length ? f.count(alarms.length, "alarm") : "quiet") : "–", days.length ? `asked on ${f.date(asked)}` : "never asked"),
    tile("Gold labels", gold.length ? f.number(gold.reduce((sum, { gold: found }) => sum + found.n, 0)) : "–",
      gold.length ? `for ${f.count(gold.length, "classifier")}` : "nobody has labelled what these models did"));
}

function card(classifier) {
  const [labeller, ...others] = classifier.now;
  return h("article.card", {},
    h("p.kicker", {}, classifier.title),
    h("h3", {}, labeller ? answers(labeller) : "Not labelled in the last week"),
    labeller && h("p.foot", {}, since(labeller), others.length > 0 && `; ${f.percent(labeller.part)} of the last week`),
    others.map((other) => h("p.foot", {}, `${answers(other)} labelled ${f.percent(other.part)} of the last week`)),
    chart("labellers", { classifier: classifier.id }),
    classifier.breaks.length > 0 && h("ol.breaks", {}, classifier.breaks.map(broken)),
    h("dl.facts", {}, fact("Alignment", alignment(classifier.alignments[0])), fact("Gold labels", gold(classifier.gold)), fact("Sentinels", sentinels(classifier.sentinels))),
    classifier.alignments.length > 1 && more("All alignments", alignments(classifier.alignments)),
    more("Labellers", labellers(classifier.all)));
}

const fact = (name, ...what) => [h("dt", {}, name), h("dd", {}, ...what)];

function since(labeller) {
  const asked = labeller.served_model && labeller.served_model !== labeller.model ? `asked as ${labeller.model} ` : "";
  return `${asked}since ${labeller.first} (${f.count(labeller.weeks, "week")})`;
}

function broken(one) {
  return h("li", {}, link(route("week", { week: one.week }), one.week), ` ${one.what} `, verdict(one.verdict),
    h("div.quiet", {}, h("small", {}, one.evidence)));
}

const verdict = (word) => h(`span.badge${TONES[word] ?? ""}`, {}, VERDICTS[word] ?? word);
const results = (one, ...words) => link(address("alignment", { alignment: one.alignment_id }), ...words);

function alignment(one) {
  if (!one) return "none on record";
  return [verdict(one.verdict), " ", results(one, `${one.candidate} and ${one.incumbent}`), h("div.quiet", {}, h("small", {},
    `${f.words(one.decision)}; ${f.count(one.n, "conversation")}, ${f.date(one.measured_at)}`,
    one.adopted_at ? `; adopted by ${one.adopted_by}` : "; not adopted", one.simulated && "; simulated"))];
}

function gold(found) {
  if (!found) return "none of this labeller";
  const kappa = found.kappa === null ? "" : `; ${found.kappa_kind} ${coefficient(found.kappa)}${found.kappa_low === null ? "" : ` (${coefficient(found.kappa_low)} to ${coefficient(found.kappa_high)})`}`;
  const weeks = found.first === found.last ? `week ${found.first}` : `weeks ${found.first} to ${found.last}`;
  return [`${f.percent(found.agreement)} as people`, h("div.quiet", {}, h("small", {}, `${f.interval(found.low, found.high)}, n = ${f.number(found.n)}${kappa}; ${weeks}`))];
}

const coefficient = (value) => value.toFixed(2).replace("-", "−");

function sentinels(days) {
  if (!days.length) return "never asked";
  return days.map((day) => h("div", {}, h(`span.badge${day.alarmed ? ".bad" : ".good"}`, {}, day.alarmed ? "alarm" : day.state === "baseline" ? "baseline" : "quiet"), ` ${day.endpoint}, ${f.date(day.day)}`,
    h("div.quiet", {}, h("small", {}, `${f.number(day.flips)} of ${f.count(day.n, "answer")} changed, expected up to ${f.percent(day.p0)}; e-value ${f.quantity(day.e_value)}`))));
}

function labellers(rows) {
  return table("", [
    { name: "Model", kind: "text", cell: (row) => [answers(row), row.served_model && row.served_model !== row.model && h("div.quiet", {}, h("small", {}, `asked as ${row.model}`))] },
    { name: "Weeks", kind: "line", cell: (row) => [`${row.first} to ${row.last}`, h("div.quiet", {}, h("small", {}, f.count(row.weeks, "week")))] },
    { name: "Prompt", kind: "line", cell: (row) => [row.version ? `version ${row.version}` : "–", row.prompts && h("div.quiet", {}, h("code", { title: row.prompts }, row.prompts.slice(0, 8)))] },
    { name: "Effort", cell: (row) => row.reasoning_effort ?? "–" },
    { name: "Strategy", kind: "line", cell: (row) => [strategy(row.settings), row.strategy && h("div.quiet", {}, h("code", { title: row.strategy }, row.strategy.slice(0, 8)))] },
    { name: "Id", kind: "line", cell: (row) => (row.labeller ? h("code", {}, row.labeller) : "not recorded") },
  ], [...rows].reverse());
}

function strategy(settings) {
  if (!settings.pack) return "–";
  return [settings.pack > 1 ? `${settings.pack} per request` : "plain", settings.combine ? ", combined" : ""].join("");
}

function alignments(rows) {
  return table("", [
    { name: "Candidate", cell: (row) => [results(row, row.candidate), h("div.quiet", {}, h("small", {}, `${row.candidate_served_model}, prompt ${row.candidate_version}`))] },
    { name: "Verdict", cell: (row) => [verdict(row.verdict), h("div.quiet", {}, h("small", {}, f.words(row.decision)))] },
    { name: "Reason", kind: "text", cell: (row) => row.reason },
    { name: "Compared", kind: "line", cell: (row) => f.date(row.measured_at) },
    { name: "Adopted", cell: (row) => (row.adopted_at ? `${f.date(row.adopted_at)}, ${row.adopted_by}` : "no") },
  ], rows);
}

function served(models) {
  const rows = models.flatMap(({ model, classifiers, served: names }) => names.map((name) => ({ model, classifiers, ...name })));
  return table("Models that answered", [
    { name: "Asked as", kind: "line", cell: (row) => row.model },
    { name: "Answered", kind: "line", cell: (row) => row.served_model ?? "not recorded" },
    { name: "First week", kind: "line", cell: (row) => row.first },
    { name: "Last week", kind: "line", cell: (row) => row.last },
    { name: "Weeks", kind: "n", cell: (row) => f.number(row.weeks) },
    { name: "Classifiers now", kind: "n", cell: (row) => f.number(row.classifiers) },
  ], rows);
}

function endpoints(models) {
  const rows = models.flatMap(({ model, endpoints: places }) => places.map((place) => ({ model, ...place })));
  if (!rows.length) return h("p.foot", {}, "No endpoint was asked yet when its model retires: the DAG model_sentinels asks once a day.");
  return table("Until when each endpoint serves them", [
    { name: "Endpoint", kind: "line", cell: (row) => [row.endpoint, h("div.quiet", {}, h("small", {}, row.model))] },
    { name: "Last day", kind: "line", cell: (row) => (row.shutdown_date ? f.date(row.shutdown_date) : "none announced") },
    { name: "Days left", kind: "n", cell: (row) => (row.days_left === null ? "–" : f.number(row.days_left)) },
    { name: "According to", kind: "line", cell: (row) => LISTED_BY[row.source] ?? row.source },
    { name: "Asked on", kind: "line", cell: (row) => f.date(row.asked_on) },
  ], rows);
}
