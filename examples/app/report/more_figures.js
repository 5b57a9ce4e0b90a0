import { el, scrollingTable } from "../shared/dom.js";
import { percent, UNKNOWN } from "../shared/format.js";

/** @typedef {import("./report_data.ts").Model} Model */

/** @type {[title: string, read: (model: Model) => string][]} */
const COLUMNS = [
  ["Recall", ({ leaves }) => percent(leaves?.recall)],
  ["Precision", ({ leaves }) => percent(leaves?.precision)],
  ["F1", ({ leaves }) => percent(leaves?.f1)],
  ["Strict accuracy", ({ leaves }) => percent(leaves?.strictAccuracy)],
  ["ANLS", ({ leaves }) => percent(leaves?.anls)],
  ["Format only, fields per run", ({ leaves }) => leaves?.formatOnly?.toFixed(2) ?? UNKNOWN],
  ["Output tokens per run", ({ outputTokens }) => tokens(outputTokens)],
  ["of which reasoning", ({ reasoningTokens }) => tokens(reasoningTokens)],
];

/** @param {number | null | undefined} count */
function tokens(count) {
  return count == null ? UNKNOWN : Math.round(count).toLocaleString("en");
}

/**
 * Returns a table of further figures of each model; null if the report has none.
 *
 * @param {import("./report_data.ts").ShownReport} data
 */
export function moreFigures({ report }) {
  const models = report.summary.models;
  if (!models.some(({ leaves }) => leaves)) return null;
  const table = scrollingTable(
    { selector: "table", label: "Table of other figures", caption: "Other figures of the models" },
    ["Model", ...COLUMNS.map(([title]) => title)],
    models.map((model) =>
      el(
        "tr",
        el("th", { scope: "row" }, model.modelName),
        ...COLUMNS.map(([, read]) => el("td", read(model))),
      )
    ),
  );
  return el("details.more", el("summary", "Precision, recall and other figures"), table);
}
