import { el, scroller } from "../shared/dom.js";
import { errorsByField } from "./figures.js";
import { plain } from "../shared/format.js";

const MOST_FIELDS = 25;

/**
 * Returns the table of fields that models get wrong, with the most frequent mistake in each.
 *
 * @param {import("./report_data.ts").ShownReport} data
 * @returns {HTMLElement}
 */
export function errorsTable({ report, runs }) {
  const fields = errorsByField(runs).slice(0, MOST_FIELDS);
  if (fields.length === 0) return el("p", { class: "card" }, "No model made a mistake.");
  const models = report.summary.models.filter(({ runsCompleted }) => runsCompleted > 0);
  const table = el(
    "table",
    { class: "errors" },
    el(
      "caption",
      { class: "unseen" },
      "Share of completed runs in which a field is wrong, by model",
    ),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "Field"),
        el("th", { scope: "col", class: "mistake" }, "Most frequent mistake"),
        ...models.map(({ modelName }) => el("th", { scope: "col" }, modelName)),
      ),
    ),
    el(
      "tbody",
      {},
      ...fields.map(({ field, isFormatOnly, shares, commonest }) =>
        el(
          "tr",
          {},
          el(
            "th",
            { scope: "row" },
            el("code", {}, field),
            isFormatOnly
              ? el("span", { class: "badges" }, el("span", { class: "badge" }, "format only"))
              : null,
          ),
          el(
            "td",
            { class: "mistake" },
            el("del", { title: "read" }, plain(commonest.actual)),
            el("span", { class: "unseen" }, " instead of "),
            el("ins", { title: "expected" }, plain(commonest.expected)),
          ),
          ...models.map(({ modelId }) => share(shares.get(modelId) ?? 0)),
        )
      ),
    ),
  );
  return scroller("Errors by field", table);
}

/** @param {number} share */
function share(share) {
  const td = el("td", { class: share === 0 ? "none" : "share" }, `${Math.round(100 * share)} %`);
  td.style.setProperty("--share", String(share));
  return td;
}
