// The labelling page: its views by the part of the address after #, such as #/label?draw_id=…&classifier=topic.
import { json } from "./api.js";
import * as f from "./format.js";
import { banner, h, head, link, route, table } from "./dom.js";
import { followTheme } from "./theme.js";
import { agreementView } from "./agreement.js";
import { labelView, leave } from "./label.js";

const VIEWS = { draws: ["Draws", drawsView], label: ["Label", labelView], agreement: ["Agreement", agreementView] };

followTheme();
const main = document.getElementById("main");
let showing = 0;

function requested() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: path in VIEWS ? path : "draws", query: Object.fromEntries(new URLSearchParams(search ?? "")) };
}

function tabs(current, query) {
  const chosen = query.draw_id && query.classifier ? { draw_id: query.draw_id, classifier: query.classifier } : null;
  const shown = Object.entries(VIEWS).filter(([view]) => view === "draws" || chosen);
  document.getElementById("views").replaceChildren(
    ...shown.map(([view, [name]]) =>
      h("a", { href: route(view, view === "draws" ? {} : chosen), "aria-current": view === current ? "page" : null }, name)));
}

async function drawsView() {
  const start = await json("api/draws");
  if (!start.may_read_text) {
    return [
      head("Gold labels", "Labelling is not for this user"),
      banner("note", "Only who may read conversation text can label conversations.",
        "An administrator turns text on with SEMTEL_PAGE_TEXT; then users who may edit connections can label."),
    ];
  }
  if (!start.draws.length) {
    return [
      head("Gold labels", "Nothing to label yet"),
      h("p.lead", {}, "Draw conversations of a published week in a shell: ", h("code", {}, "semtel gold draw --week 2026-W47"),
        ". They are listed here at once."),
    ];
  }
  const cards = start.draws.map((draw) => h("div.card", {},
    h("p.kicker", {}, draw.draw_id),
    h("h2", {}, `Week ${draw.week.slice(6)}, ${draw.week.slice(0, 4)}`),
    h("p.quiet", {}, `${f.number(draw.drawn)} of ${f.count(draw.population, "conversation")}, drawn ${f.dateTime(draw.created_at)} by ${draw.created_by}`,
      draw.rare.length ? `; more often: ${draw.rare.join(", ")}` : ""),
    table("", [
      { name: "Classifier", cell: (row) => f.title(row.classifier) },
      { name: "Yours", kind: "n", cell: (row) => `${f.number(row.mine)} of ${f.number(draw.drawn)}` },
      { name: "Gold", kind: "n", cell: (row) => f.number(row.gold) },
      { name: "Undecided", kind: "n", cell: (row) => f.number(row.open) },
      { name: "People", kind: "n", cell: (row) => f.number(row.people) },
      { name: "", kind: "line", cell: (row) => [
        link(route("label", { draw_id: draw.draw_id, classifier: row.classifier }), row.mine ? "Go on" : "Label"),
        " · ",
        link(route("agreement", { draw_id: draw.draw_id, classifier: row.classifier }), "Agreement")] },
    ], draw.classifiers)));
  return [
    head("Gold labels", "What to label", `Signed in as ${start.reader}`),
    h("p.lead", {}, "A label by a person is worth most if it is given without knowing what anybody else said: what the model and other people said is shown after you have labelled."),
    ...cards,
    start.more ? h("p.quiet", {}, `${f.count(start.more, "earlier draw")}: semtel gold show lists all.`) : null,
  ];
}

function failed(problem) {
  return [
    head("Gold labels", "This view could not be loaded"),
    h("div.banner.bad", { role: "alert" }, h("strong", {}, problem.message)),
    h("p.foot", {}, link(route("draws"), "Back to all draws")),
  ];
}

async function show() {
  const turn = ++showing;
  const { view, query } = requested();
  leave();
  tabs(view, query);
  main.setAttribute("aria-busy", "true");
  let content;
  try {
    content = await VIEWS[view][1](query);
  } catch (problem) {
    if (!("status" in problem)) console.error(problem);
    content = failed(problem);
  }
  if (turn !== showing) return; // another view was requested meanwhile
  main.replaceChildren(...content.flat(9).filter(Boolean));
  main.dataset.view = view;
  main.removeAttribute("aria-busy");
  document.title = `${main.querySelector("h1")?.textContent ?? VIEWS[view][0]} · Gold labels`;
}

addEventListener("hashchange", () => show().then(() => { scrollTo(0, 0); main.focus({ preventScroll: true }); }));
show();
