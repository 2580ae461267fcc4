// Labelling: one conversation at a time, by keyboard or mouse. What the model said comes with the reply to a label, not before.
import { json } from "./api.js";
import * as f from "./format.js";
import { h, head, link, route } from "./dom.js";
import { send } from "./send.js";

const SHORTCUTS = "semtel-gold-shortcuts";
let listening = null;

// Removes the keys of the view that is left.
export function leave() {
  if (listening) document.removeEventListener("keydown", listening);
  listening = null;
}

export async function labelView(query) {
  const of = { draw_id: query.draw_id, classifier: query.classifier };
  const [question, first] = await Promise.all([json("api/question", of), json("api/next", of)]);
  const bench = new Bench(question, of);
  bench.show(first);
  listening = (event) => bench.key(event);
  document.addEventListener("keydown", listening);
  return bench.elements();
}

class Bench {
  constructor(question, of) {
    this.question = question;
    this.of = of;
    this.by = Object.fromEntries([...question.options, ...question.items].map((option) => [option.id, option]));
    this.several = question.several || question.items.length > 0;
    this.talk = h("div.turns", { tabindex: 0, role: "region", "aria-label": "Conversation" });
    this.where = h("h2.hidden", { tabindex: -1 });
    this.bar = h("progress", { "aria-label": "Progress" });
    this.far = h("p.far", {});
    this.told = h("div.told", { role: "status" });
    this.problem = h("p.problem", { role: "alert" });
    this.buttons = new Map();
    this.dialog = this.help();
    this.panel = h("div.panel", {}, this.choices());
    this.doing = h("div.actions", {}, this.actions());
  }

  elements() {
    const { question } = this;
    return [
      head(`Week ${question.week.slice(6)} · draw ${question.draw_id}`, question.name, question.description),
      h("div.bench", {},
        h("div.card.talkbox", {}, this.where, this.talk),
        h("div.card.answers", {}, this.bar, this.far, this.doing, this.told, this.problem, this.panel,
          h("details", {}, h("summary", {}, "What the model is told"), h("div.instruction", {}, question.instruction)))),
      this.dialog,
    ];
  }

  choices() {
    const { question } = this;
    const legend = question.several ? "All labels that apply" : question.items.length ? "The verdict" : "One label";
    const group = (title, options) => h("fieldset", {}, h("legend", {}, title), options.map((option) => this.option(option)));
    const parts = [group(legend, question.options)];
    if (question.items.length) parts.push(group("Items that apply", question.items));
    if (this.several) {
      this.enter = h("button.primary", { type: "button", onclick: () => this.save() }, h("kbd", {}, "Enter"), "Save");
      parts.push(this.enter);
    }
    return parts;
  }

  option(option) {
    const button = h("button.option", { type: "button", "aria-pressed": "false", "data-id": option.id, "aria-keyshortcuts": option.key, onclick: () => this.choose(option.id) },
      option.key ? h("kbd", { "aria-hidden": "true" }, option.key) : h("span.nokey", {}),
      h("span", {}, h("b", {}, option.name), option.group ? h("small.group", {}, ` ${f.words(option.group)}`) : null,
        option.definition ? h("span.definition", {}, option.definition) : null));
    this.buttons.set(option.id, button);
    return button;
  }

  actions() {
    const action = (key, words, does) => h("button", { type: "button", "aria-keyshortcuts": key, onclick: does }, h("kbd", { "aria-hidden": "true" }, key), words);
    this.skip = action("s", "Pass over", () => this.passOver());
    return [this.skip, action("u", "Back", () => this.back()), action("?", "Help", () => this.dialog.showModal())];
  }

  help() {
    const row = (key, words) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)];
    const check = h("input", { type: "checkbox", id: "shortcuts", onchange: (event) => remember(event.target.checked) });
    check.checked = remembered();
    return h("dialog", { "aria-labelledby": "help-title" },
      h("h2", { id: "help-title" }, "Keys"),
      h("dl", {},
        row("1–9, a–z", this.several ? "choose a label, or take it back" : "give a label"),
        this.several ? row("Enter", "save") : null,
        row("Enter", "after a label: the next conversation"),
        row("s", "pass over: you cannot tell, or the text is not readable"),
        row("u", "back to the conversation before, to change its label"),
        row("?", "this help")),
      h("p", {}, "Judge the conversation by the definitions. What the model said is shown after your label; a label that you change then is counted as changed."),
      h("label", { for: "shortcuts" }, check, " Use single keys"),
      h("p", {}, h("button", { type: "button", onclick: () => this.dialog.close() }, "Close")));
  }

  show(view) {
    this.progress(view);
    this.item = view.item;
    this.phase = view.item ? "ask" : "done";
    this.chosen = new Set();
    this.verdict = null;
    this.told.replaceChildren();
    this.problem.textContent = "";
    this.since = performance.now();
    this.panel.hidden = this.skip.disabled = !view.item;
    if (!view.item) return this.finished(view);
    const mine = view.item.mine;
    if (mine && !mine.skipped) {
      if (this.question.several) mine.labels.forEach((label) => this.chosen.add(label));
      else {
        this.verdict = mine.label;
        (this.question.items.length ? mine.labels ?? [] : []).forEach((item) => this.chosen.add(item));
      }
    }
    this.press();
    this.where.textContent = `Conversation ${view.item.position + 1}${view.item.language ? `, language ${view.item.language}` : ""}`;
    this.talk.replaceChildren(...this.turns(view.item));
    this.talk.scrollTop = 0;
    if (mine) this.told.replaceChildren(h("p.quiet", {}, mine.skipped ? "You passed this one over." : "You have labelled this one; another label replaces yours."));
  }

  turns(item) {
    if (!item.turns) return [h("p.quiet", {}, "The text of this conversation is no longer in the lake. Pass it over.")];
    return item.turns.map((turn) => h(`div.turn.${turn.role === "user" ? "user" : "other"}`, {}, h("b", {}, turn.role), h("div", { dir: "auto" }, turn.content)));
  }

  finished(view) {
    this.where.textContent = "No conversation left";
    this.talk.replaceChildren(
      h("h2", {}, "All done"),
      h("p", {}, `You have labelled ${f.count(view.done - view.skipped, "conversation")} and passed over ${f.number(view.skipped)}.`),
      h("p", {}, link(route("agreement", this.of), "See agreement"), " · ", link(route("draws"), "All draws")));
  }

  progress(view) {
    this.bar.max = Math.max(view.of, 1);
    this.bar.value = view.done;
    this.far.textContent = `${f.number(view.done)} of ${f.number(view.of)}${view.skipped ? `, ${f.number(view.skipped)} passed over` : ""}`;
  }

  press() {
    for (const [id, button] of this.buttons) button.setAttribute("aria-pressed", String(this.chosen.has(id) || this.verdict === id));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || this.dialog.open) return;
    if (event.key === "Enter") return this.enterKey(event);
    if (!remembered() || event.target.closest?.("input, textarea, select")) return;
    const key = event.key.toLowerCase();
    const does = { s: () => this.passOver(), u: () => this.back(), "?": () => this.dialog.showModal() }[key];
    const option = [...this.question.options, ...this.question.items].find((one) => one.key === key);
    if (!does && !option) return;
    event.preventDefault();
    if (does) does();
    else this.choose(option.id);
  }

  enterKey(event) {
    // Enter on a link or on another button does what that says.
    const on = event.target.closest?.("a, summary, button");
    if (this.phase === "told") {
      event.preventDefault();
      this.next();
    } else if (this.phase === "ask" && this.several && (!on || on.classList.contains("option"))) {
      event.preventDefault();
      this.save();
    }
  }

  choose(id) {
    if (this.phase !== "ask" || this.busy) return;
    const verdict = this.question.options.some((option) => option.id === id) && !this.question.several;
    if (verdict) this.verdict = id;
    else if (!this.chosen.delete(id)) this.chosen.add(id);
    this.press();
    if (!this.several) this.save();
  }

  answer() {
    if (this.question.several) return this.chosen.size ? { labels: [...this.chosen] } : null;
    if (!this.verdict) return null;
    return this.question.items.length ? { label: this.verdict, labels: [...this.chosen] } : { label: this.verdict };
  }

  async save() {
    const answer = this.answer();
    if (!answer) {
      this.problem.textContent = this.question.several ? "Choose at least one label, or pass over." : "Choose a verdict, or pass over.";
      return;
    }
    await this.kept(answer, (told) => {
      this.phase = "told";
      this.tell(told);
    });
  }

  passOver() {
    if (this.phase === "ask") this.kept({ skipped: true }, () => this.next());
  }

  async kept(answer, then) {
    if (this.busy || this.phase !== "ask") return;
    this.busy = true;
    this.problem.textContent = "";
    const seconds = Math.round((performance.now() - this.since) / 100) / 10;
    let told;
    try {
      told = await send("api/label", { ...this.of, conversation_id: this.item.conversation_id, seconds, ...answer });
    } catch (problem) {
      this.problem.textContent = problem.message;
      return;
    } finally {
      this.busy = false;
    }
    this.progress(told);
    then(told); // which may be busy with the next conversation
  }

  tell(told) {
    this.last = told;
    this.item.mine = { label: told.label, labels: told.labels, skipped: false };
    const names = (ids) => ids.map((id) => this.by[id]?.name ?? id).join(", ");
    const yours = this.question.several ? told.labels : [told.label];
    const verdict = told.llm.length ? (told.same ? h("span.badge.good", {}, "same") : h("span.badge", {}, "differs")) : null;
    const on = h("button.primary", { type: "button", onclick: () => this.next() }, h("kbd", { "aria-hidden": "true" }, "Enter"), "Next");
    this.told.replaceChildren(
      h("p", {}, h("span.who", {}, "You"), names(yours)),
      h("p", {}, h("span.who", {}, "Model"), told.llm.length ? names(told.llm) : "gave no label", " ", verdict),
      told.model ? h("p.quiet", {}, told.model) : "",
      on);
    on.focus({ preventScroll: true });
    this.told.parentElement.scrollTop = 0;
    on.scrollIntoView({ block: "nearest" });
  }

  async next() {
    await this.fetched("api/next", this.of);
  }

  async back() {
    // Right after a label, back is to that conversation: a key may have been hit by mistake.
    if (this.phase === "told") {
      this.show({ ...this.last, item: this.item });
      this.where.focus({ preventScroll: true });
      return;
    }
    const before = this.item?.conversation_id;
    await this.fetched("api/previous", { ...this.of, before }, "There is none before this one.");
  }

  async fetched(path, query, none) {
    if (this.busy) return;
    this.busy = true;
    try {
      const view = await json(path, query);
      if (none && !view.item) this.problem.textContent = none;
      else {
        this.show(view);
        this.where.focus({ preventScroll: true });
        scrollTo(0, Math.min(scrollY, this.where.closest(".bench").offsetTop));
      }
    } catch (problem) {
      this.problem.textContent = problem.message;
    } finally {
      this.busy = false;
    }
  }
}

function remembered() {
  try {
    return localStorage.getItem(SHORTCUTS) !== "off";
  } catch {
    return true;
  }
}

function remember(on) {
  try {
    localStorage.setItem(SHORTCUTS, on ? "on" : "off");
  } catch {
    // A browser without storage: keys stay on.
  }
}
