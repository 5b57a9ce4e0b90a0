import { writeJson } from "./json.js";

/** Shown in place of an unknown number. */
export const UNKNOWN = "–";

/** @param {number | null | undefined} value 0 to 100 */
export function percent(value) {
  return value === null || value === undefined ? UNKNOWN : `${value.toFixed(1)} %`;
}

/**
 * Formats US dollars to three significant digits and at least two decimals.
 *
 * @param {number | null | undefined} value
 */
export function usd(value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === 0) return "$0";
  const decimals = Math.min(10, Math.max(2, 2 - Math.floor(Math.log10(Math.abs(value)))));
  return `$${value.toFixed(decimals).replace(/(\.\d\d+?)0+$/, "$1")}`;
}

/**
 * Returns the cost of 1,000 documents.
 *
 * @param {number | null | undefined} cost of one, in USD
 */
export function thousand(cost) {
  return cost === null || cost === undefined ? null : 1000 * cost;
}

/**
 * Formats a time in milliseconds below one second, otherwise in seconds: `830 ms`, `2.4 s`.
 *
 * @param {number | null | undefined} milliseconds
 */
export function time(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return UNKNOWN;
  return Math.round(milliseconds) < 1000
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Longest label in a chart, in characters. */
const LABEL_LENGTH = 30;

/**
 * Shortens a name for a chart by leaving out its middle.
 *
 * @param {string} name
 */
export function shorten(name) {
  const half = LABEL_LENGTH / 2;
  return name.length <= LABEL_LENGTH ? name : `${name.slice(0, half)}…${name.slice(-half + 1)}`;
}

/**
 * Formats an interval of times: `107 to 260 ms`, with the unit once if it is the same.
 *
 * @param {{ low: number, high: number }} interval
 */
export function timeRange({ low, high }) {
  const [from, to] = [time(low), time(high)];
  const unit = / \w+$/.exec(to)?.[0] ?? "";
  return `${from.endsWith(unit) ? from.slice(0, from.length - unit.length) : from} to ${to}`;
}

/**
 * Formats a round time on an axis: `500 ms`, `1.5 s`.
 *
 * @param {number} milliseconds
 */
export function timeTick(milliseconds) {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;
}

/**
 * Formats an interval of percentages: `94.1 to 98.0 %`.
 *
 * @param {{ low: number, high: number } | null | undefined} interval
 */
export function percentRange(interval) {
  return interval ? `${interval.low.toFixed(1)} to ${interval.high.toFixed(1)} %` : UNKNOWN;
}

/**
 * Writes a number with its noun: `3 images`.
 *
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * Replaces spaces between a number and its unit, and in `p = 0.01`, by no-break spaces.
 *
 * @param {string} text
 */
export function unbroken(text) {
  return text.replace(
    /(?<=\d) (?=(?:%|ms|s)(?!\p{L}))|(?<=\bp) (?=[=<] )|(?<=\bp [=<]) /gu,
    "\u00a0",
  );
}

/**
 * Formats a duration in the unit that fits: `40 s`, `12 min`, `1 h 5 min`.
 *
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** @param {string[]} names */
export function list(names) {
  return new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);
}

/** @param {string | null} timestamp */
export function date(timestamp) {
  if (timestamp === null) return null;
  return new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "short" })
    .format(new Date(timestamp));
}

/**
 * Formats a time of day in the reader's time zone: `14:05`.
 *
 * @param {string} timestamp
 */
export function timeOfDay(timestamp) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "short" }).format(new Date(timestamp));
}

/**
 * Writes a JSON value on one line, text without quotes and an absent value in words.
 *
 * @param {unknown} value
 */
export function plain(value) {
  if (value === undefined) return "(nothing)";
  if (value === "") return "(empty text)";
  return typeof value === "string" ? value : writeJson(value);
}
