import { announce, el, scrollingTable } from "../shared/dom.js";
import {
  count,
  date,
  percent,
  percentRange,
  thousand,
  time,
  UNKNOWN,
  usd,
} from "../shared/format.js";

/** What may differ between two reports besides their models. */
const DIFFERS = { prompt: "the prompt", schema: "the schema", scorer: "the scorer's version" };

/**
 * Returns the comparison of this report with others on the same images, and the way to order it again.
 * Null for visitors.
 *
 * @param {import("./report_data.ts").ReportData} data
 * @param {import("./api.js").Api} api
 */
export function compareView({ report, sharing }, api) {
  if (sharing === null || report.summary === null) return null;
  const said = el("p.said");
  const place = el("div");
  const again = el("button.plain", { type: "button" }, "Run again with today's models");
  const say = (/** @type {string | HTMLElement} */ words) => {
    said.replaceChildren(words);
    announce(said.textContent ?? "");
  };
  const failed = () => say("That did not work. Check the connection and try again.");
  again.addEventListener("click", () => void drawUp(api).then(say, failed));
  const choice = el("p.actions");
  void api.related().then(({ reports }) => {
    if (reports.length === 0) {
      choice.replaceChildren("No other report of yours has these images yet.");
      return;
    }
    const select = /** @type {HTMLSelectElement} */ (el(
      "select",
      { id: "compare-with" },
      el("option", { value: "" }, "none"),
      ...reports.map((other) =>
        el(
          "option",
          { value: other.report_id },
          `${date(other.created_at)}, ${count(other.images, "common image")}`,
        )
      ),
    ));
    select.addEventListener("change", () => {
      const other = reports.find(({ report_id }) => report_id === select.value);
      if (other === undefined) return place.replaceChildren();
      const [before, after] = other.created_at < report.created_at
        ? [other.report_id, report.id]
        : [report.id, other.report_id];
      void api.compare(before, after).then(
        (comparison) => place.replaceChildren(comparisonView(comparison)),
        failed,
      );
    });
    choice.replaceChildren(
      el("label", { for: "compare-with" }, "Compare with the report of"),
      select,
    );
  }, failed);
  return el("div.card", choice, place, el("p.actions", again), said);
}

/** @param {import("./api.js").Api} api */
async function drawUp(api) {
  const { draft_id, model_ids, replaced } = await api.again();
  const other = replaced.map(({ model_id, by }) =>
    by === null ? `${model_id} is gone.` : `${by} takes the place of ${model_id}.`
  );
  return el(
    "span",
    `A draft with ${count(model_ids.length, "model")} is ready. ${other.join(" ")} `,
    el("a", { href: `/order/#draft=${draft_id}` }, "Look at it and order"),
  );
}

/** @param {import("./report_data.ts").Comparison} comparison */
function comparisonView({ before, after, images, differs, models, recommended }) {
  return el(
    "div.comparison",
    recommended === null ? null : el("p.rationale", recommended.text),
    differs.length === 0 ? null : el(
      "p.caution",
      `Also different: ${differs.map((part) => DIFFERS[part]).join(", ")}. ` +
        "Accuracies may differ for that reason alone.",
    ),
    scrollingTable(
      {
        selector: "table",
        label: "Two reports compared",
        caption: `Models on the ${count(images, "common image")}, then and now`,
      },
      [
        "Model",
        `Accuracy ${date(before.created_at)}`,
        `Accuracy ${date(after.created_at)}`,
        "Change in points",
        "Cost per 1,000",
        "Median time",
      ],
      models.map(({ name, before: then, after: now, change }) =>
        el(
          "tr",
          el("th", { scope: "row" }, name),
          el("td", percent(then?.accuracy)),
          el("td", percent(now?.accuracy)),
          el("td", ...changeOf(change)),
          el(
            "td",
            ...thenAndNow(usd(thousand(then?.cost_per_run)), usd(thousand(now?.cost_per_run))),
          ),
          el("td", ...thenAndNow(time(then?.median_latency), time(now?.median_latency))),
        )
      ),
    ),
  );
}

/**
 * @param {string} then
 * @param {string} now
 */
function thenAndNow(then, now) {
  if (then === UNKNOWN) return [now];
  return [now, el("span.below", now === UNKNOWN ? `${then} then` : `then ${then}`)];
}

/** @param {import("./report_data.ts").Comparison["models"][number]["change"]} change */
function changeOf(change) {
  if (change === null || change.points === null) return [UNKNOWN];
  const points = `${change.points > 0 ? "+" : ""}${change.points.toFixed(1)}`;
  const range = change.interval === null
    ? null
    : el("span.below", percentRange(change.interval).replace(" %", ""));
  const sure = {
    better: "better",
    worse: "worse",
    indistinguishable: "not told apart",
    too_few_images: "too few images",
  };
  return [points, ...range === null ? [] : [range], el("span.below", sure[change.verdict])];
}
