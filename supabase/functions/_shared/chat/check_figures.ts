import type { QueryResult } from "./query_result.ts";

/** Number with optional grouping commas and decimals that is not part of a word or a date. */
const NUMBER = /(?<![\w.,:/-])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w:/]|[.,-]\d)/g;

/** Largest count that is not checked: "the 2 models", "3 of them". */
const SMALL = 12;

/**
 * Returns the numbers of an answer that are in neither the rows nor the question, as written.
 *
 * A number is supported if a figure, or a hundred or a thousand times it, rounds to the number at its
 * decimals: 0.915 supports "91.5 %". The number of rows is supported as well. Sums and differences of
 * figures are not, so a returned number is not certainly wrong.
 */
export function findUnsupportedFigures(
  answer: string,
  question: string,
  result: QueryResult,
): readonly string[] {
  const figures = [
    result.row_count,
    ...result.rows.flat().flatMap(figuresIn),
    ...(question.match(NUMBER) ?? []).map(parseNumber),
  ];
  const unsupported = (answer.match(NUMBER) ?? []).filter((text) => {
    const value = parseNumber(text);
    if (Number.isInteger(value) && Math.abs(value) <= SMALL) return false;
    const [, decimals = ""] = text.split(".");
    const slack = 0.5000001 * 10 ** -decimals.length;
    return !figures.some((figure) =>
      [figure, figure * 100, figure * 1000].some((scaled) =>
        Math.abs(Math.abs(scaled) - Math.abs(value)) <= slack
      )
    );
  });
  return [...new Set(unsupported)];
}

/** Returns all numbers in a value, including those in dates, names and nested JSON. */
function figuresIn(value: unknown): number[] {
  if (typeof value === "number" || typeof value === "bigint") return [Number(value)];
  if (typeof value === "string") return (value.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(figuresIn) : [];
}

function parseNumber(text: string): number {
  return Number(text.replaceAll(",", "").replace("−", "-"));
}
