// Numbers as people read them, in the words of semtel_ops/report/text.py. A no-break space keeps a number and its unit together.
const NBSP = "\u00a0";
const UNKNOWN = "–";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const missing = (value) => value === null || value === undefined;

export const number = (value) => (missing(value) ? UNKNOWN : Math.round(value).toLocaleString("en-US"));

export function compact(value) {
  if (missing(value) || Math.abs(value) < 10_000) return number(value);
  for (const [size, unit] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]]) {
    if (Math.abs(value) >= size * 0.9995 || unit === "k") {
      const scaled = value / size;
      return `${scaled.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(scaled)))))}${NBSP}${unit}`;
    }
  }
  return number(value);
}

// What is not all, or not nothing, never reads as 100 % or 0 %.
export function percent(value, digits = 1) {
  if (missing(value)) return UNKNOWN;
  const shown = 100 * value;
  const least = 10 ** -digits;
  if (shown > 0 && shown < least) return `<${NBSP}${least.toFixed(digits)}${NBSP}%`;
  if (shown < 100 && shown > 100 - least) return `>${NBSP}${(100 - least).toFixed(digits)}${NBSP}%`;
  return `${shown.toFixed(digits)}${NBSP}%`;
}

export const interval = (low, high) => `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;

export function points(value) {
  const shown = (100 * value).toFixed(1);
  return (Number(shown) >= 0 ? `+${shown.replace("-", "")}` : shown).replace("-", "−");
}

export function money(value) {
  if (missing(value)) return "unknown";
  if (value >= 1000) return `$${number(value)}`;
  if (value >= 0.1 || value === 0) return `$${value.toFixed(2)}`;
  return value >= 0.0001 ? `$${Number(value.toPrecision(2))}` : "< $0.0001";
}

export function duration(seconds) {
  if (missing(seconds)) return UNKNOWN;
  if (seconds < 10) return `${seconds.toFixed(1)}${NBSP}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NBSP}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${NBSP}min ${whole % 60}${NBSP}s`;
  if (whole < 172_800) return `${Math.floor(whole / 3600)}${NBSP}h ${Math.floor((whole % 3600) / 60)}${NBSP}min`;
  return `${Math.floor(whole / 86_400)}${NBSP}days`;
}

export function moment(text) {
  if (missing(text)) return UNKNOWN;
  const at = new Date(text);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)}${NBSP}UTC`;
}

export const words = (id) => (id || "").replaceAll("_", " ");
export const titled = (id) => words(id).replace(/^./, (first) => first.toUpperCase());
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;
