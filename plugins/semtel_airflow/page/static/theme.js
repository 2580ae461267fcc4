// Light or dark: as Airflow if the page is shown inside it, else as the system setting.
const system = matchMedia("(prefers-color-scheme: dark)");

function airflowsRoot() {
  try {
    return parent === window ? null : parent.document.documentElement;
  } catch {
    return null; // framed by something of another origin
  }
}

function airflowsChoice(root) {
  const match = `${root?.className} ${root?.dataset?.theme ?? ""}`.match(/\b(dark|light)\b/);
  return match?.[1] ?? null;
}

export function followTheme() {
  const root = airflowsRoot();
  const apply = () => {
    document.documentElement.dataset.theme = airflowsChoice(root) ?? (system.matches ? "dark" : "light");
  };
  apply();
  system.addEventListener("change", apply);
  if (root) new MutationObserver(apply).observe(root, { attributes: true, attributeFilter: ["class", "data-theme"] });
}
