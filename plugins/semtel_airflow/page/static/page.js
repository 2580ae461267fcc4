// The page: its views by the part of the address after #, such as #/runs?week=2026-W47&run_id=manual.
import { json } from "./api.js";
import { h, link, route } from "./dom.js";
import { followTheme } from "./theme.js";
import { batchView } from "./batch.js";
import { classifiersView } from "./classifiers.js";
import { modelsView } from "./models.js";
import { qualityView } from "./quality.js";
import { quarantineView } from "./quarantine.js";
import { runsView } from "./runs.js";
import { weekView } from "./week.js";

const VIEWS = {
  week: ["Week", weekView],
  runs: ["Runs", runsView],
  quality: ["Quality", qualityView],
  quarantine: ["Quarantine", quarantineView],
  batch: ["Batch jobs", batchView],
  classifiers: ["Classifiers", classifiersView],
  models: ["Models", modelsView],
};

followTheme();
const main = document.getElementById("main");
let showing = 0;

function requested() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: path in VIEWS ? path : "week", query: Object.fromEntries(new URLSearchParams(search ?? "")) };
}

function tabs(current) {
  document.getElementById("views").replaceChildren(
    ...Object.entries(VIEWS).map(([view, [name]]) =>
      h("a", { href: route(view), "aria-current": view === current ? "page" : null }, name)),
  );
  // On a phone the row of tabs scrolls; keep the current tab visible.
  document.querySelector("#views [aria-current]").scrollIntoView({ block: "nearest", inline: "nearest" });
}

function nothingYet() {
  return [
    h("div.head", {}, h("div", {}, h("p.kicker", {}, "Semantic telemetry"), h("h1", {}, "No runs yet"))),
    h("p.lead", {}, "Trigger the DAG semantic_telemetry_weekly in Airflow, or run `semtel demo` in a shell. A run is listed here as soon as it is planned, and its week as soon as it is published."),
  ];
}

function failed(problem) {
  return [
    h("div.head", {}, h("div", {}, h("p.kicker", {}, "Semantic telemetry"), h("h1", {}, "This view could not be loaded"))),
    h("div.banner.bad", { role: "alert" }, h("strong", {}, problem.message)),
    h("p.foot", {}, link(route("week"), "Back to the latest week")),
  ];
}

async function show() {
  const turn = ++showing;
  const { view, query } = requested();
  tabs(view);
  main.setAttribute("aria-busy", "true");
  let content;
  try {
    const start = await json("api/start");
    content = start.weeks.length || view === "classifiers" ? await VIEWS[view][1](query, start) : nothingYet();
  } catch (problem) {
    if (!("status" in problem)) console.error(problem);
    content = failed(problem);
  }
  if (turn !== showing) return; // another view was requested meanwhile
  main.replaceChildren(...content.flat(9).filter(Boolean));
  main.dataset.view = view;
  main.removeAttribute("aria-busy");
  document.title = `${main.querySelector("h1")?.textContent ?? VIEWS[view][0]} · Semantic telemetry`;
}

addEventListener("hashchange", () => show().then(() => { scrollTo(0, 0); main.focus({ preventScroll: true }); }));
show();
