import { FIXED, type Value } from "./value.ts";

/** What an expression is and costs. */
export interface Expression {
  readonly value: Value;
  /** Bytes that planning and computing it once take: see `tally.ts`. */
  readonly cost: number;
  /** Sources that it reads. */
  readonly reads: readonly Source[];
}

/** Column, which costs what it stands for wherever it is named, unless something computes it once. */
export interface Column extends Expression {
  readonly name: string;
}

/** Source of columns in a FROM: a relation, a subquery, a function's rows, or a join with an alias. */
export interface Source extends Pick<Rows, "columns" | "rows" | "reads"> {
  /** Undefined for a subquery without an alias, whose columns have no qualified names. */
  readonly alias: string | undefined;
  /** True for a function that returns plain values: its alias stands for the value itself. */
  readonly isValue: boolean;
  /** True for a view without an alias, whose name may be written with `chat.` before it. */
  readonly isUnaliasedView: boolean;
}

/** Source without a name and columns. */
export const NO_SOURCE: Source = {
  alias: undefined,
  columns: [],
  rows: 1,
  reads: [],
  isValue: false,
  isUnaliasedView: false,
};

/** What a relation, a common table expression or a select returns. */
export interface Rows {
  readonly columns: readonly Column[];
  /** Most rows, as the model assumes. */
  readonly rows: number;
  /** Cost of naming it. */
  readonly own: number;
  /** Sources around it that it reads. */
  readonly reads: readonly Source[];
  /** What it compares with the select around it. */
  readonly keys: readonly Expression[];
}

/** Expression of which nothing more needs to be known, such as what was refused. */
export const UNKNOWN: Expression = { value: FIXED, cost: 0, reads: [] };

/**
 * Stands among the columns of what was refused, such as an unknown relation: each name counts as one of its
 * columns, so that a refusal does not name faults that follow from another. No identifier contains NUL.
 */
export const ANY_COLUMN: Column = { ...UNKNOWN, name: "\0any" };
