import { el, scrollingTable } from "../shared/dom.js";
import { errorsByField } from "./figures.js";
import { plain } from "../shared/format.js";

const MOST_FIELDS = 25;

/**
 * Returns the table of fields that models get wrong, with the most frequent mistake in each.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @returns {HTMLElement}
 */
export function errorsTable({ report, runs, order }) {
  const fields = errorsByField(runs).slice(0, MOST_FIELDS);
  if (fields.length === 0) return el("p.card", "No model made a mistake.");
  const models = report.summary.models.filter(({ runsCompleted }) => runsCompleted > 0);
  return scrollingTable(
    {
      selector: "table.errors",
      label: "Errors by field",
      caption: "Share of completed runs in which a field is wrong, by model",
    },
    [
      "Field",
      // Without the order, the values are withheld.
      ...order === null ? [] : [el("th.mistake", { scope: "col" }, "Most frequent mistake")],
      ...models.map(({ modelName }) => modelName),
    ],
    fields.map(({ field, isFormatOnly, shares, commonest }) =>
      el(
        "tr",
        el(
          "th",
          { scope: "row" },
          el("code", field),
          isFormatOnly ? el("span.badges", el("span.badge", "format only")) : null,
        ),
        order === null ? null : el(
          "td.mistake",
          el("del", { title: "read" }, plain(commonest.actual)),
          el("span.unseen", " instead of "),
          el("ins", { title: "expected" }, plain(commonest.expected)),
        ),
        ...models.map(({ modelId }) => share(shares.get(modelId) ?? 0)),
      )
    ),
  );
}

/** @param {number} share */
function share(share) {
  const td = el(share === 0 ? "td.quiet" : "td.share", `${Math.round(100 * share)} %`);
  td.style.setProperty("--share", String(share));
  return td;
}
