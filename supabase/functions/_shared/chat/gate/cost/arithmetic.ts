import { type Digits, digitsOf, FIXED, FLOAT, INTEGER, numeric, type Value } from "./value.ts";

/** Value of an expression, and what computing it costs beside the memory of the value. */
export interface Made {
  readonly value: Value;
  /** Bytes of work: see `check_cost.ts`. */
  readonly work?: number;
}

/**
 * Pairs of digits that count as a byte. Numbers are multiplied and divided by groups of four digits,
 * each pair of which takes up to 4 ns: 131,000 by 65,000 digits took 2.2 s.
 */
const DIGIT_PAIRS = 64;

/** Returns the result of an operator or function that computes a number from numbers. */
export function compute(operator: string, left: Value, right: Value): Made {
  // Dates, intervals and the like.
  if (left.digits === undefined && right.digits === undefined) {
    return { value: { ...FIXED, bytes: FIXED.bytes + left.bytes + right.bytes } };
  }
  const [a, b] = [digitsOf(left), digitsOf(right)];
  if (isBinary(a) && isBinary(b)) {
    const isFloat = operator === "^" || a.form === "float" || b.form === "float";
    return { value: isFloat ? FLOAT : INTEGER };
  }
  switch (operator) {
    case "*":
      return {
        value: numeric(a.left + b.left, a.right + b.right, a.stored + b.stored),
        work: a.stored * b.stored / DIGIT_PAIRS,
      };
    case "/":
    case "%": {
      // Dividing by a whole number makes nothing larger.
      const left = a.left + (b.form === "integer" ? 0 : b.right);
      const right = Math.max(20, a.right, b.right) + (b.form === "integer" ? 0 : 20);
      const value = operator === "/"
        ? numeric(left, right)
        : numeric(b.left, Math.max(a.right, b.right));
      return { value, work: (left + right) * b.stored / DIGIT_PAIRS };
    }
    case "^":
      return power(a, b, right);
    default:
      return { value: numeric(Math.max(a.left, b.left) + 1, Math.max(a.right, b.right)) };
  }
}

function power(base: Digits, exponent: Digits, value: Value): Made {
  const most = value.literal === undefined
    ? 10 ** Math.min(exponent.left, 9)
    : Number(value.literal);
  const size = Number.isFinite(most) ? Math.abs(most) : Infinity;
  const isWhole = exponent.right === 0;
  // A root or other fractional power has at most 1,000 digits after the point.
  const result = numeric(
    Math.max(base.left, base.right) * size + 1,
    isWhole ? base.right * size + 20 : Math.max(1_000, base.right * size),
  );
  const digits = Math.min(131_072, result.bytes);
  return { value: result, work: digits * digits / DIGIT_PAIRS + 20_000 };
}

/** Returns the result of a function of one number: a root, an exponential, a logarithm. */
export function computeOne(name: string, value: Value): Made {
  const digits = digitsOf(value);
  if (isBinary(digits)) return { value: FLOAT };
  switch (name) {
    case "sqrt":
      return {
        value: numeric(digits.left / 2 + 1, Math.max(20, digits.right)),
        work: digits.stored * digits.stored / 1_000,
      };
    // exp() fails beyond e^6000, and takes 14 ms for it.
    case "exp":
      return { value: numeric(2_614, 1_000), work: 1_000_000 };
    default:
      return { value: numeric(6, 1_000), work: 100_000 + 2 * digits.stored };
  }
}

/** Returns the mean, variance or the like of a column. */
export function aggregateNumber(name: string, value: Value): Made {
  const digits = digitsOf(value);
  if (digits.form === "float") return { value: FLOAT };
  // Rows are fewer than 10^12.
  if (name === "sum") return { value: numeric(digits.left + 12, digits.right) };
  if (name === "avg") return { value: numeric(digits.left, Math.max(20, digits.right) + 20) };
  return {
    value: numeric(2 * digits.left + 12, 2 * digits.right + 20),
    work: digits.stored * digits.stored / DIGIT_PAIRS,
  };
}

function isBinary({ form }: Digits): boolean {
  return form !== "numeric";
}
