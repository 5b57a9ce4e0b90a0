import type { QueryResult } from "./ports.ts";

/** Digits, perhaps grouped by commas, perhaps with decimals; not a part of a word or a longer text. */
const NUMBER = /(?<![\w.,:/-])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w:/]|[.,-]\d)/g;

/** Small counts are said of anything: "the two models", "3 of them". */
const SMALL = 12;

/**
 * The numbers of an answer that follow from neither rows nor question, as they are written.
 *
 * A number follows when a figure rounds to it at the decimals that it is written with, also as a
 * percentage of one, or in cents or thousandths; and so does how many rows there are. Sums and
 * differences do not, so a number that is listed is not wrong for certain: look at it.
 */
export function findUnsupportedFigures(
  answer: string,
  question: string,
  result: QueryResult,
): readonly string[] {
  const figures = [
    result.rowCount,
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

/** The numbers in a value, wherever they stand: dates and names hold some too. */
function figuresIn(value: unknown): number[] {
  if (typeof value === "number" || typeof value === "bigint") return [Number(value)];
  if (typeof value === "string") return (value.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(figuresIn) : [];
}

function parseNumber(text: string): number {
  return Number(text.replaceAll(",", "").replace("−", "-"));
}
