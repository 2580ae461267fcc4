// Elements, tables and the small parts that views share. Text is inserted as text: nothing here parses HTML.
import * as f from "./format.js";

export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const link = (to, ...children) => h("a", { href: to }, ...children);

// columns: { name, cell(row), kind: "n" | "text" | "line" }; the first column is the header of its row.
export function table(caption, columns, rows, { tall = false } = {}) {
  const head = columns.map((column) => h(column.kind === "n" ? "th.n" : "th", { scope: "col" }, column.name));
  const body = rows.map((row) =>
    h("tr", {}, columns.map((column, at) => {
      const kind = column.kind ? `.${column.kind}` : "";
      return at ? h(`td${kind}`, {}, column.cell(row)) : h(`th${kind}`, { scope: "row" }, column.cell(row));
    })),
  );
  const element = h("table", {}, caption && h("caption", {}, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body));
  // A region that scrolls can be reached and scrolled by keyboard.
  return h(tall ? "div.scroll.tall" : "div.scroll", { tabindex: 0, role: "region", "aria-label": caption || columns.map((column) => column.name).join(", ") }, element);
}

export const more = (summary, ...children) => h("details", {}, h("summary", {}, summary), ...children);

export const tile = (name, value, note) =>
  h("div.tile", {}, h("div.name", {}, name), h("div.value", {}, value), h("div.more", {}, note || ""));

export const section = (title, lead, ...children) =>
  h("section", {}, h("h2", {}, title), lead && h("p.lead", {}, lead), ...children);

export function head(kicker, title, when, ...controls) {
  const heading = h("div", {}, h("p.kicker", {}, kicker), h("h1", {}, title), when && h("p.when", {}, when));
  return h("div.head", {}, heading, controls.length ? h("div.controls", {}, controls) : null);
}

const TONES = {
  published: ".good", passed: ".good", done: ".good", resolved: ".good", success: ".good",
  stopped: ".bad", stop: ".bad", failed: ".bad", error: ".bad", firing: ".bad", critical: ".bad",
};
export const badge = (word) => (word ? h(`span.badge${TONES[word] ?? (["warn", "warning", "open"].includes(word) ? "" : ".plain")}`, {}, f.words(word)) : "–");

export const banner = (kind, heading, words) =>
  h(`div.banner${kind === "bad" ? ".bad" : ""}`, { role: "note" }, h("strong", {}, heading), words && h("p", {}, words));

export function select(label, options, chosen, onchange) {
  const element = h("select", { "aria-label": label, onchange: (event) => onchange(event.target.value) });
  element.append(...options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  element.value = chosen;
  return element;
}

export const choices = (label, options, chosen, onclick) =>
  h("div.choices", { role: "group", "aria-label": label }, options.map(([value, ...words]) =>
    h("button", { type: "button", "aria-pressed": String(value === chosen), onclick: () => onclick(value) }, ...words)));

export function pager(total, offset, rows, go) {
  if (total <= rows) return null;
  const last = Math.min(total, offset + rows);
  return h("div.pager", {},
    h("button", { type: "button", disabled: offset === 0, onclick: () => go(Math.max(0, offset - rows)) }, "Previous"),
    `${f.number(offset + 1)}–${f.number(last)} of ${f.number(total)}`,
    h("button", { type: "button", disabled: last >= total, onclick: () => go(offset + rows) }, "Next"));
}

export const route = (view, query = {}) => {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/${view}${search ? `?${search}` : ""}`;
};

// Airflow's run ids are long and begin alike; the time in them tells runs apart.
export const runName = (id) => id.replace(/^(scheduled|manual|backfill|asset_triggered)__/, "").replace(/(T\d\d:\d\d)(:\d\d)?(\.\d+)?(\+00:00)?/, "$1");
export const runLink = (run, words) => link(route("runs", { week: run.week, run_id: run.run_id }), words ?? runName(run.run_id));
