// Computes what the sections show from the report alone.
import { writeJson } from "../shared/json.js";

/** @import { FieldError, JsonValue, Model, Run } from "./report_data.ts" */

/**
 * Returns the items that no other item beats by being as good in every respect and better in one.
 *
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number[]} goods values of an item, of which more is better
 * @returns {T[]}
 */
export function frontier(items, goods) {
  const valued = items.map((item) => ({ item, values: goods(item) }));
  const beats = (/** @type {number[]} */ one, /** @type {number[]} */ other) =>
    one.every((value, index) => value >= (other[index] ?? Infinity)) &&
    one.some((value, index) => value > (other[index] ?? Infinity));
  return valued
    .filter(({ values }) => !valued.some((other) => beats(other.values, values)))
    .map(({ item }) => item);
}

/** @type {readonly string[]} */
const UNRANKED = ["stopped", "not_comparable", "not_measured", "answered_by_another"];

/**
 * Tells whether the model is ranked. It is not ranked if a race stopped it early, another model
 * answered in its place, no call of it counts, or it read too few images.
 *
 * @param {Model} model
 */
export function isRanked({ standing }) {
  return !UNRANKED.includes(standing ?? "");
}

/**
 * Groups the picks by model, in the order of each model's first pick.
 *
 * @template {{ modelId: string }} P
 * @param {(P | null)[]} picks
 * @returns {P[][]}
 */
export function groupByModel(picks) {
  const present = picks.filter((pick) => pick !== null);
  return [...Map.groupBy(present, ({ modelId }) => modelId).values()];
}

/**
 * Returns the field of a path without the indices of elements: `items[].price` for
 * `items[3].price`.
 *
 * @param {string} path
 */
export function fieldOf(path) {
  return path.replace(/\[\d+\]/g, "[]");
}

/**
 * Returns the share of its completed runs in which each model got each field wrong, 0 to 1, the
 * worst field first. Values that only have another format have rows of their own, after the others.
 *
 * @param {Pick<Run, "model_id" | "status" | "field_errors">[]} runs
 * @returns {{ field: string, isFormatOnly: boolean, shares: Map<string, number>, sum: number, commonest: FieldError & { occurrences: number } }[]}
 */
export function errorsByField(runs) {
  const complete = runs.filter(({ status }) => status === "complete");
  const completed = Map.groupBy(complete, (run) => run.model_id);
  const errors = complete.flatMap((run) =>
    (run.field_errors ?? []).map((error) => {
      return {
        run,
        error,
        field: fieldOf(error.fieldPath),
        isFormatOnly: error.formatOnly === true,
      };
    })
  );
  const fields = Map.groupBy(errors, ({ field, isFormatOnly }) => `${field} ${isFormatOnly}`);
  return [...fields.values()].flatMap((found) => {
    const wrong = Map.groupBy(new Set(found.map(({ run }) => run)), (run) => run.model_id);
    const shares = new Map(
      [...wrong].map(([model, own]) => [model, own.length / (completed.get(model)?.length ?? 1)]),
    );
    const mistakes = Map.groupBy(found, ({ error }) => writeJson([error.expected, error.actual]));
    const [most] = [...mistakes.values()].sort((one, other) => other.length - one.length);
    const sum = [...shares.values()].reduce((total, share) => total + share, 0);
    if (most?.[0] === undefined) return [];
    const { field, isFormatOnly, error } = most[0];
    return [{
      field,
      isFormatOnly,
      shares,
      sum,
      commonest: { ...error, occurrences: most.length },
    }];
  }).sort((one, other) =>
    Number(one.isFormatOnly) - Number(other.isFormatOnly) || other.sum - one.sum ||
    (one.field < other.field ? -1 : 1)
  );
}

/**
 * Returns the leaves of a JSON value, with the paths that the report's errors use.
 *
 * @param {JsonValue} value
 * @param {string} path
 * @returns {{ path: string, value: JsonValue }[]}
 */
export function leavesOf(value, path = "") {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((element, index) => leavesOf(element, `${path}[${index}]`));
  }
  if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, member]) => leavesOf(member, step(path, key)));
  }
  return [{ path: path === "" ? "$" : path, value }];
}

/**
 * @param {string} path
 * @param {string} key
 */
function step(path, key) {
  if (!/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

/**
 * Returns expected and actual values field by field: expected fields first, then extra ones.
 *
 * A field without an error was read right. Its value in the answer is shown if its place is certain.
 * Inside a list it is not, because the elements may have been read in another order.
 *
 * @param {JsonValue} expected
 * @param {Pick<Run, "field_errors" | "output_json">} run
 * @returns {{ path: string, expected: JsonValue | undefined, actual: JsonValue | undefined, state: "right" | "format" | "wrong" | "missing" | "extra" }[]}
 */
export function compareFields(expected, run) {
  const errors = run.field_errors ?? [];
  const given = new Map(leavesOf(run.output_json).map(({ path, value }) => [path, value]));
  const shown = new Set();
  /** @type {ReturnType<typeof compareFields>} */
  const rows = [];
  const push = (/** @type {FieldError} */ error) => {
    shown.add(error);
    const state = error.formatOnly === true
      ? "format"
      : !("expected" in error)
      ? "extra"
      : "actual" in error
      ? "wrong"
      : "missing";
    rows.push({ path: error.fieldPath, expected: error.expected, actual: error.actual, state });
  };
  for (const { path, value } of leavesOf(expected)) {
    const found = errors.filter((error) => error.fieldPath === path && !shown.has(error));
    const [error] = found.filter((error) => "expected" in error);
    // An object or a list that is wrong as a whole is one error for all its leaves.
    const around = error ??
      errors.find(({ fieldPath, ...rest }) =>
        "expected" in rest && (path.startsWith(`${fieldPath}.`) || path.startsWith(`${fieldPath}[`))
      );
    if (around === undefined) {
      const actual = path.includes("[") ? value : given.has(path) ? given.get(path) : value;
      rows.push({ path, expected: value, actual, state: "right" });
    } else if (!shown.has(around)) push(around);
  }
  for (const error of errors) if (!shown.has(error)) push(error);
  return rows;
}
