import { el, scrollingTable } from "../shared/dom.js";
import { count, UNKNOWN } from "../shared/format.js";
import { writeJson } from "../shared/json.js";

/** @typedef {import("./chat_data.ts").ShownResult} ShownResult */

/** Rows that are shown at first, if there are more than `MOST`. */
const FIRST = 10;
const MOST = 15;
/** Characters from which a text is wrapped. Names and ids are shorter. */
const LONG = 40;
const NUMBER_TYPE = /^(smallint|integer|bigint|numeric|decimal|real|double precision)\b/;
const TIME_TYPE = /^(date|timestamp)\b/;

/**
 * Returns the rows of an answer as a table; null if there are none.
 *
 * @param {ShownResult} result
 */
export function rowsTable({ columns, rows, row_count, truncated }) {
  if (rows.length === 0) return null;
  const kinds = columns.map(({ type }) =>
    NUMBER_TYPE.test(type) ? "number" : TIME_TYPE.test(type) ? "time" : "text"
  );
  const lines = rows.map((row) =>
    el("tr", ...row.map((value, index) => cell(value, kinds[index] ?? "text")))
  );
  const heads = columns.map(({ name }, index) =>
    el(
      "th",
      { scope: "col", class: kinds[index] ?? null },
      name.replaceAll("_", " ").replace(/\busd\b/g, "USD"),
    )
  );
  const label = `Rows of the answer, ${count(rows.length, "row")}`;
  const table = scrollingTable({ selector: "table.rows", label, caption: label }, heads, lines);
  const hidden = lines.length > MOST ? lines.slice(FIRST) : [];
  const notes = [
    ...row_count > rows.length ? [`The first ${rows.length} of ${row_count} rows.`] : [],
    ...truncated ? ["There were more rows: the result was cut."] : [],
  ];
  const below = el("p.quiet.note", notes.join(" "));
  if (hidden.length > 0) {
    const more = el("button.link", { type: "button" }, `Show all ${rows.length} rows`);
    for (const line of hidden) line.hidden = true;
    more.addEventListener("click", () => {
      for (const line of hidden) line.hidden = false;
      more.remove();
      table.focus();
    });
    below.prepend(more, " ");
  }
  return el("div.result", table, below.textContent === "" ? null : below);
}

/**
 * @param {unknown} value
 * @param {string} kind
 */
function cell(value, kind) {
  if (value === null || value === undefined) {
    return el("td", { class: kind }, el("span.quiet", UNKNOWN));
  }
  const text = kind === "time" ? writeTime(value) : writeValue(value);
  return el("td", { class: text.length > LONG ? `${kind} long` : kind }, text);
}

/** @param {unknown} value such as `2026-11-01T10:30:00.5+00:00` */
function writeTime(value) {
  const [, day, time, zone] = /^(\S+?)T(\d\d:\d\d)[\d:.]*(.*)$/.exec(String(value)) ?? [];
  if (day === undefined) return String(value);
  const utc = zone === "+00:00" || zone === "Z" ? " UTC" : zone ?? "";
  return time === "00:00" ? day : `${day} ${time}${utc}`;
}

/** @param {unknown} value */
function writeValue(value) {
  if (typeof value === "number") {
    // Seven decimals and more come from divisions.
    return /\.\d{7,}|e-/.test(String(value))
      ? value.toLocaleString("en", { maximumSignificantDigits: 6, useGrouping: false })
      : String(value);
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== "object")) {
    return value.join(", ");
  }
  return typeof value === "object" ? writeJson(value) : String(value);
}
