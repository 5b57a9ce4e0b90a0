import { el } from "../shared/dom.js";
import { count, date } from "../shared/format.js";
import { writeJson } from "../shared/json.js";

/** @import { ShownReport } from "./report_data.ts" */

/** Explanations of the method, on a page of its own. */
const METHOD = [
  ["#scoring", "How answers are scored"],
  ["#intervals", "What the intervals mean"],
  ["#comparison", "How models are compared"],
  ["#recommendation", "How a model is recommended"],
];

/**
 * Returns what was ordered and how it was measured, so that a reader can repeat it.
 *
 * @param {ShownReport} data
 */
export function orderView(data) {
  const { report, order, scorer_version: scorer, revision, image_count: images } = data;
  const terms = [
    term("Order number", el("code", report.id)),
    term("Ordered", date(report.created_at)),
    term("Measured", period(report)),
    term(
      "Size",
      `${count(images, "image")}, each read ${count(data.runs_per_model, "time")} by ` +
        `${count(report.model_count, "model")}` +
        (data.strategy === "race" ? ", as a race: models far behind stopped early" : ""),
    ),
    term("Scored by", `scorer ${scorer}, revision ${revision}`),
    term(
      "Method",
      el(
        "ul.plain",
        ...METHOD.map(([hash, title]) => el("li", el("a", { href: `/method/${hash}` }, title))),
      ),
    ),
  ];
  return el(
    "div.card",
    el("dl.terms", ...terms),
    el("h3", "Models"),
    el("ul.asked", ...data.models.map((model) => askedModel(model, data))),
    ...order === null ? [] : [
      el("h3", "Prompt"),
      el("pre", { role: "region", tabindex: 0, "aria-label": "Prompt" }, order.prompt),
      el("h3", "Schema"),
      el(
        "pre",
        { role: "region", tabindex: 0, "aria-label": "Schema" },
        writeJson(order.json_schema, 2),
      ),
    ],
  );
}

/**
 * @param {string} name
 * @param {string | HTMLElement | null} value
 */
function term(name, value) {
  return el("div", el("dt.quiet", name), el("dd", value ?? "–"));
}

/** @param {import("./report_data.ts").Report} report */
function period({ started_at: from, completed_at: to }) {
  return from === null || to === null ? null : `${date(from)} to ${date(to)}`;
}

/**
 * @param {ShownReport["models"][number]} model
 * @param {ShownReport} data
 */
function askedModel({ id, model_id: modelId, effort, name, provider }, { runs }) {
  const own = runs.filter((run) => run.model_id === id);
  const distinct = (/** @type {(string | null)[]} */ values) =>
    [...new Set(values)]
      .filter((value) => value !== null).join(", ");
  const versions = distinct(own.map(({ served_model }) => served_model));
  const hosts = distinct(own.map(({ served_provider }) => served_provider));
  return el(
    "li",
    el("strong", name),
    ` by ${provider}, asked as `,
    el("code", modelId),
    effort === null ? ", default effort" : `, effort ${effort}`,
    versions === "" ? null : ", answered as ",
    versions === "" ? null : el("code", versions),
    hosts === "" ? null : ` at ${hosts}`,
  );
}
