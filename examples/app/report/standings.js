import { el } from "../shared/dom.js";

/** @import { Model, Standing, Summary } from "./report_data.ts" */

/**
 * Returns a label and an explanation for each standing.
 *
 * @param {Summary} summary
 * @returns {Record<Standing, { label: string, meaning: string }>}
 */
function wordsFor({ minimumAccuracy: minimum, accuracyMargin: margin }) {
  return {
    best: {
      label: "Most accurate",
      meaning: "Measured the highest accuracy of the models that can be compared.",
    },
    good_enough: { label: "Good enough", meaning: "May be recommended, as defined above." },
    within_margin_unproven: {
      label: "Close, not proven",
      meaning:
        `Measured less than ${margin} points behind the most accurate model, but these images ` +
        "do not show that it is.",
    },
    worse: {
      label: "Too far behind",
      meaning: `Measured ${margin} points or more behind the most accurate model.`,
    },
    below_minimum: {
      label: "Below the minimum",
      meaning: minimum === 0
        ? "Read no field right."
        : minimum === 100
        ? "Did not read every field right, which the order asks for."
        : `Did not read more than ${minimum} % of the fields right, which the order asks for.`,
    },
    not_comparable: {
      label: "Not comparable",
      meaning: "Measured on less than half as many images as others.",
    },
    not_measured: {
      label: "Not measured",
      meaning: "No call counts, for the reason given. Not ranked.",
    },
    answered_by_another: {
      label: "Answered by another",
      meaning: "Another model answered in its place, and the figures are that one's. Not ranked.",
    },
    stopped: {
      label: "Stopped early",
      meaning: "Stopped by the race, as it was unlikely to catch up. Not ranked.",
    },
  };
}

/**
 * Returns the labels of the models' standings for the rows of a table, and the legend that explains
 * those in use. If all models but the best share a standing, only the legend names it, once.
 *
 * @param {Summary} summary
 */
export function standingsOf(summary) {
  const words = wordsFor(summary);
  const others = summary.models.flatMap(({ standing }) =>
    standing && standing !== "best" ? [standing] : []
  );
  const kinds = [...new Set(others)];
  const common = kinds.length === 1 && others.length > 1 ? kinds[0] : undefined;
  const hasBest = summary.models.some(({ standing }) => standing === "best");
  const labelled = /** @type {Standing[]} */ (Object.keys(words)).filter((standing) =>
    standing !== common &&
    (standing === "best" ? hasBest && others.length > 0 : kinds.includes(standing))
  );
  const entry = (/** @type {string} */ title, /** @type {string} */ meaning) =>
    el("div", el("dt", title), el("dd.quiet", meaning));
  return {
    /** @param {Model} model */
    badge: ({ standing }) =>
      standing && labelled.includes(standing)
        ? el(`span.badge.${standing}`, { title: words[standing].meaning }, words[standing].label)
        : null,
    legend: () =>
      labelled.length === 0 && common === undefined ? null : el(
        "dl.legend",
        ...labelled.map((standing) => entry(words[standing].label, words[standing].meaning)),
        common === undefined ? null : entry(
          `${hasBest ? "All others" : "All models"}: ${words[common].label.toLowerCase()}`,
          words[common].meaning,
        ),
      ),
  };
}
