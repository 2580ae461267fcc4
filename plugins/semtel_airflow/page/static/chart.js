// Charts are SVG from the server, fetched when they scroll into view; pointing at a mark shows its value.
import { text } from "./api.js";
import { h } from "./dom.js";

const waiting = new WeakMap();
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    waiting.get(target)?.();
    waiting.delete(target);
  }
}, { rootMargin: "600px 0px" });

export function chart(path, query) {
  const figure = h("figure", { "aria-busy": "true" });
  waiting.set(figure, async () => {
    try {
      const drawn = new DOMParser().parseFromString(await text(`chart/${path}`, query), "image/svg+xml").documentElement;
      figure.replaceChildren(document.importNode(drawn, true));
    } catch (refused) {
      figure.replaceChildren(h("p.foot", {}, refused.status === 404 ? "No data." : `The chart could not be loaded: ${refused.message}.`));
    }
    figure.removeAttribute("aria-busy");
  });
  seen.observe(figure);
  return figure;
}

const tip = h("div.tip", { hidden: true, role: "presentation" });
document.body.append(tip);

document.addEventListener("pointermove", (event) => {
  const mark = event.target.closest?.(".chart [aria-label]");
  tip.hidden = !mark;
  if (!mark) return;
  tip.textContent = mark.getAttribute("aria-label");
  const box = mark.getBoundingClientRect();
  const half = tip.offsetWidth / 2 + 8;
  tip.style.left = `${Math.min(Math.max(box.left + box.width / 2, half), innerWidth - half)}px`;
  tip.style.top = `${Math.max(box.top - 4, 34)}px`;
});
