// Computes the matrix of images and models from the runs alone.

import { fieldOf, leavesOf } from "./figures.js";

/** @import { Run, ReportData } from "./report_data.ts" */

/**
 * What a model did on an image.
 *
 * @typedef {{ modelId: string, value: number | null, hasMistake: boolean, runs: Run[] }} Cell
 * @typedef {{ index: number, value: number | null, hasMistake: boolean, cells: Cell[] }} Row
 */

/**
 * Returns the fields that can be chosen, in the order of the schema; only those with mistakes if the
 * expected values are withheld.
 *
 * @param {Pick<ReportData, "order" | "runs">} data
 */
export function listFields({ order, runs }) {
  const expected = order?.expected.flatMap((value) => leavesOf(value).map(({ path }) => path)) ??
    [];
  const mistaken = runs.flatMap(({ field_errors: errors }) =>
    (errors ?? []).map(({ fieldPath }) => fieldPath)
  );
  return [...new Set([...expected, ...mistaken].map(fieldOf))];
}

/**
 * Returns a row an image, the hardest first, with a cell a model. A cell's value is the mean accuracy of
 * the model's completed runs on the image or, with a field, the percentage of them in which the field
 * is right; null without any.
 *
 * @param {Run[]} runs
 * @param {{ models: readonly string[], images: number, field: string | null }} shape
 * @returns {Row[]}
 */
export function readMatrix(runs, { models, images, field }) {
  const byPlace = Map.groupBy(runs, (run) => `${run.image_index} ${run.model_id}`);
  const rows = Array.from({ length: images }, (_, index) => {
    const cells = models.map((modelId) =>
      readCell(modelId, byPlace.get(`${index} ${modelId}`) ?? [], field)
    );
    return {
      index,
      cells,
      value: mean(cells.flatMap(({ value }) => value ?? [])),
      hasMistake: cells.some(({ hasMistake }) => hasMistake),
    };
  });
  return rows.sort((one, other) =>
    (one.value ?? Infinity) - (other.value ?? Infinity) || one.index - other.index
  );
}

/**
 * @param {string} modelId
 * @param {Run[]} runs
 * @param {string | null} field
 * @returns {Cell}
 */
function readCell(modelId, runs, field) {
  const done = runs.filter(({ status, served_other }) => status === "complete" && !served_other);
  const values = done.map((run) =>
    field === null ? run.field_accuracy ?? 0 : isWrong(run, field) ? 0 : 100
  );
  const value = mean(values);
  return { modelId, value, hasMistake: value !== null && value < 100, runs };
}

/**
 * @param {Run} run
 * @param {string} field
 */
function isWrong({ field_errors: errors }, field) {
  return (errors ?? []).some(({ fieldPath, formatOnly }) => {
    const wrong = fieldOf(fieldPath);
    // An object or a list that is wrong as a whole is one error for all its fields.
    return formatOnly !== true &&
      (wrong === field || wrong === "$" || field.startsWith(`${wrong}.`) ||
        field.startsWith(`${wrong}[`));
  });
}

/** @param {number[]} values */
function mean(values) {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Splits two texts into what they share at the start, what differs, and what they share at the end.
 *
 * @param {string} one
 * @param {string} other
 * @returns {{ start: string, one: string, other: string, end: string }}
 */
export function splitDifference(one, other) {
  const [first, second] = [[...one], [...other]];
  const most = Math.min(first.length, second.length);
  let start = 0;
  while (start < most && first[start] === second[start]) start++;
  let end = 0;
  while (end < most - start && first.at(-1 - end) === second.at(-1 - end)) end++;
  const middle = (/** @type {string[]} */ letters) =>
    letters.slice(start, letters.length - end).join("");
  return {
    start: first.slice(0, start).join(""),
    one: middle(first),
    other: middle(second),
    end: first.slice(first.length - end).join(""),
  };
}
