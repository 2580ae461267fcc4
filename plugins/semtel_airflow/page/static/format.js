// Numbers, amounts and times as people read them: what semtel_ops/humanize.py does for pages that a server renders.
const UNKNOWN = "–";
const MINUS = "−";
const LEAST_USD = 0.000_001;
const MINUTE = 60, HOUR = 3_600, DAY = 86_400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const missing = (value) => value === null || value === undefined;

export function number(value) {
  if (missing(value)) return UNKNOWN;
  const shown = Math.round(Math.abs(value)).toLocaleString("en-US");
  return value < 0 && shown !== "0" ? MINUS + shown : shown;
}

export const count = (n, noun, plural = `${noun}s`) => `${number(n)} ${n === 1 ? noun : plural}`;

export function compact(value) {
  if (missing(value) || Math.abs(value) < 10_000) return number(value);
  const rounded = Number(Math.abs(value).toPrecision(3));
  const [size, unit] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]].find(([least]) => rounded >= least);
  const scaled = rounded / size;
  const shown = scaled.toFixed(Math.max(0, 2 - Math.floor(Math.log10(scaled)))) + unit;
  return value < 0 ? MINUS + shown : shown;
}

// A number that is sometimes whole.
export function quantity(value) {
  if (Math.abs(value) >= 1000 || Math.abs(value - Math.round(value)) <= 1e-9) return compact(value);
  return String(Number(value.toPrecision(3))).replace("-", MINUS);
}

// What is not all, or not nothing, never reads as 100% or 0%.
export function percent(share, digits = 1) {
  if (missing(share)) return UNKNOWN;
  if (share < 0) return MINUS + percent(-share, digits);
  const value = 100 * share;
  const least = 10 ** -digits;
  if (value > 0 && value < least) return `<${least.toFixed(digits)}%`;
  if (value < 100 && value > 100 - least) return `>${(100 - least).toFixed(digits)}%`;
  return `${value.toFixed(digits)}%`;
}

export const interval = (low, high) => `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;

export function points(difference) {
  const shown = (100 * difference).toFixed(1);
  return (difference < 0 ? shown : `+${shown.replace("-", "")}`).replace("-", MINUS);
}

export function money(usd) {
  if (missing(usd)) return "unknown";
  if (usd < 0) return MINUS + money(-usd);
  if (Number(usd.toFixed(2)) >= 1000) return `$${number(usd)}`;
  if (usd === 0 || usd >= 0.1) return `$${usd.toFixed(2)}`;
  if (usd < LEAST_USD) return `<$${LEAST_USD.toFixed(6)}`;
  const [whole, cents] = usd.toFixed(1 - Math.floor(Math.log10(usd))).replace(/0+$/, "").split(".");
  return `$${whole}.${cents.padEnd(2, "0")}`;
}

export function duration(seconds) {
  if (missing(seconds)) return UNKNOWN;
  if (seconds < 0) return MINUS + duration(-seconds);
  if (Number(seconds.toFixed(3)) < 1) {
    return seconds === 0 ? "0 s" : seconds >= 0.001 ? `${(1000 * seconds).toFixed(0)} ms` : "<1 ms";
  }
  if (Number(seconds.toFixed(1)) < 10) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  const whole = Math.round(seconds);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return twoUnits(whole, [MINUTE, "min"], [1, "s"]);
  if (whole < 2 * DAY) return twoUnits(whole, [HOUR, "h"], [MINUTE, "min"]);
  return twoUnits(whole, [DAY, "days"], [HOUR, "h"]);
}

function twoUnits(seconds, [large, larger], [small, smaller]) {
  const many = Math.floor(seconds / large);
  const few = Math.floor((seconds % large) / small);
  return few ? `${many} ${larger} ${few} ${smaller}` : `${many} ${larger}`;
}

export function dateTime(text) {
  if (missing(text)) return UNKNOWN;
  const at = new Date(text);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)} UTC`;
}

export function date(text) {
  if (missing(text)) return UNKNOWN;
  const at = new Date(text);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

export const words = (identifier) => (identifier || "").replaceAll("_", " ").trim();

export function title(identifier) {
  const spaced = words(identifier).replace(/ usd$/, ", USD");
  return spaced.slice(0, 1).toUpperCase() + spaced.slice(1);
}
