import type { QueryResult } from "../query_result.ts";

/** Value in a chart. Times are written in ISO 8601, in UTC. */
export type ChartValue = string | number | null;

/** Unit of a measure, as it is written beside its title. */
export type Unit = "USD" | "%" | "ms" | "s";

/** Column of a result that a chart can show. */
export interface ChartColumn {
  /**
   * Kind of the values: times, names, names with a natural order (such as the version of a prompt),
   * or quantities.
   */
  readonly kind: "time" | "category" | "ordinal" | "measure";
  /** Name in words, with its unit: `cost per run (USD)`. */
  readonly title: string;
  /** Null if the column's name ends with none. */
  readonly unit: Unit | null;
  /** One for each row. */
  readonly values: readonly ChartValue[];
}

const UNITS: Readonly<Record<string, Unit>> = {
  usd: "USD",
  percent: "%",
  ms: "ms",
  seconds: "s",
};

/** Numbers that name something instead of measuring it. */
const ORDINAL_NAME =
  /(^|_)(year|quarter|month|week|day|dow|isodow|weekday|hour|version|revision|number|index|attempt|rank|place)(_of_\w+)?$/;
const NUMBER_TYPE = /^(smallint|integer|bigint|numeric|decimal|real|double precision)\b/;
const TIME_TYPE = /^(date|timestamp)\b/;
/** Types whose values are no names, though JSON writes some of them as texts. */
const NO_NAME_TYPE = /^(uuid|jsonb?|bytea|interval|time)\b|\[\]$/;
/** Dates and months, as `to_char()` writes them. */
const DATE_TEXT = /^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?$/;
/**
 * Characters left out of titles. Vega-Lite writes titles into expressions, where backslashes and control
 * characters end the text that they stand in.
 */
const NO_TITLE = /["'`\\]|\p{C}/gu;
/** Longer texts are sentences, not names. */
const MAX_NAME = 120;

/** Returns the columns that a chart can show. Columns with one value for all rows are left out. */
export function readChartColumns({ columns, rows }: QueryResult): readonly ChartColumn[] {
  return columns.flatMap(({ name, type }, index) => {
    const values = rows.map((row) => row[index] ?? null);
    const read = readValues(name, type, values);
    if (read === null) return [];
    const isConstant = new Set(read.values).size < 2;
    if (isConstant && read.kind !== "measure") return [];
    return [{ ...read, unit: unitOf(name), title: titleOf(name) }];
  });
}

function readValues(
  name: string,
  type: string,
  values: readonly unknown[],
): Pick<ChartColumn, "kind" | "values"> | null {
  if (TIME_TYPE.test(type)) return { kind: "time", values: values.map(readTime) };
  const known = values.filter((value) => value !== null);
  if (known.length === 0 || NO_NAME_TYPE.test(type)) return null;
  if (NUMBER_TYPE.test(type) || known.every(isNumber)) {
    if (/(^|_)id$/.test(name)) return null;
    // JSON has no NaN and no infinity: Postgres writes them as texts.
    const numbers = values.map((value) => isNumber(value) ? Number(value) : null);
    return { kind: ORDINAL_NAME.test(name) ? "ordinal" : "measure", values: numbers };
  }
  if (!known.every((value) => typeof value === "string" || typeof value === "boolean")) return null;
  const texts = values.map((value) => value === null ? null : String(value));
  if (known.every((value) => DATE_TEXT.test(String(value)))) {
    return { kind: "time", values: texts.map(readTime) };
  }
  const isName = texts.every((text) => text === null || text.length <= MAX_NAME);
  return isName ? { kind: "category", values: texts } : null;
}

/** Tells whether a value is a number. Integers past 2^53 are bigints, and a chart rounds them. */
function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** Returns a date or timestamp in UTC. One without a zone is taken to be in UTC. */
function readTime(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const hasZone = /T.*(Z|[+-]\d\d(:?\d\d)?)$/.test(value);
  const time = new Date(value.includes("T") && !hasZone ? `${value}Z` : value);
  // Postgres has years that a `Date` cannot hold, and "infinity".
  return Number.isNaN(time.valueOf()) ? null : time.toISOString();
}

function unitOf(name: string): Unit | null {
  const words = name.split("_");
  // In `percent_per_usd` the last word is not the number's unit, and `usd` alone is the whole title.
  return words.length < 2 || words.at(-2) === "per" ? null : UNITS[words.at(-1) ?? ""] ?? null;
}

/** Writes a column's name in words: `cost_per_run_usd` is `cost per run (USD)`, `model_id` is `model`. */
function titleOf(name: string): string {
  const unit = unitOf(name);
  const words = name.split("_").filter((word) => word !== "");
  if (words.length > 1 && (unit !== null || words.at(-1) === "id")) words.pop();
  const text = (words.join(" ") || name).replace(/\busd\b/g, "USD").replace(NO_TITLE, " ").trim();
  return unit === null ? text : `${text} (${unit})`;
}
