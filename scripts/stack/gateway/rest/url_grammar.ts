import { RestError } from "./rest_error.ts";
import { Scanner } from "./scanner.ts";

/** Step into a JSON value. */
export interface JsonStep {
  readonly arrow: "->" | "->>";
  readonly key: string;
  readonly isIndex: boolean;
}

/** Column, or a place inside a JSON column. */
export interface Field {
  readonly name: string;
  readonly path: readonly JsonStep[];
}

/** Column of a `select`. */
export interface SelectField {
  readonly kind: "field";
  readonly field: Field;
  readonly alias: string | undefined;
  readonly cast: string | undefined;
}

/** Embedded resource of a `select`. */
export interface SelectRelation {
  readonly kind: "relation";
  readonly name: string;
  readonly alias: string | undefined;
  readonly hint: string | undefined;
  readonly isInner: boolean;
  readonly isSpread: boolean;
  readonly items: readonly SelectItem[];
}

export type SelectItem = SelectField | SelectRelation;

/** Right side of a filter. */
export type Operation =
  | {
    readonly kind: "compare";
    readonly sql: string;
    readonly quantifier: string;
    readonly value: string;
    readonly isPattern: boolean;
  }
  | { readonly kind: "in"; readonly values: readonly string[] }
  | { readonly kind: "is"; readonly sql: string }
  | { readonly kind: "distinct"; readonly value: string }
  | {
    readonly kind: "search";
    readonly sql: string;
    readonly language: string | undefined;
    readonly value: string;
  };

/** Condition of a request, or several combined. */
export type Condition =
  | {
    readonly kind: "filter";
    readonly field: Field;
    readonly isNegated: boolean;
    readonly operation: Operation;
  }
  | {
    readonly kind: "logic";
    readonly isNegated: boolean;
    readonly operator: "and" | "or";
    readonly operands: readonly Condition[];
  };

/** One term of an `order`. */
export interface OrderTerm {
  /** Embedded resource whose column orders the rows; undefined for a column of the rows. */
  readonly relation: string | undefined;
  readonly field: Field;
  readonly direction: string;
}

/** Something that applies to the resource at a path of embedded resources. */
export interface Placed<T> {
  readonly path: readonly string[];
  readonly value: T;
}

/** Query string of a request, parsed. */
export interface UrlQuery {
  readonly select: readonly SelectItem[];
  readonly conditions: readonly Placed<Condition>[];
  readonly orders: readonly Placed<readonly OrderTerm[]>[];
  readonly limits: readonly Placed<number>[];
  readonly offsets: readonly Placed<number>[];
  readonly columns: readonly string[] | undefined;
  readonly onConflict: readonly string[] | undefined;
  /** Parameters that are no filters. Only calls of functions by GET have them: its arguments. */
  readonly args: readonly (readonly [string, string])[];
}

const QUANTIFIABLE: Readonly<Record<string, string>> = {
  eq: "=",
  gte: ">=",
  gt: ">",
  lte: "<=",
  lt: "<",
  like: "like",
  ilike: "ilike",
  match: "~",
  imatch: "~*",
};
const SIMPLE: Readonly<Record<string, string>> = {
  neq: "<>",
  cs: "@>",
  cd: "<@",
  ov: "&&",
  sl: "<<",
  sr: ">>",
  nxr: "&<",
  nxl: "&>",
  adj: "-|-",
};
const SEARCHES: Readonly<Record<string, string>> = {
  fts: "@@ to_tsquery",
  plfts: "@@ plainto_tsquery",
  phfts: "@@ phraseto_tsquery",
  wfts: "@@ websearch_to_tsquery",
};
const TRI_STATES: Readonly<Record<string, string>> = {
  null: "null",
  not_null: "not null",
  true: "true",
  false: "false",
  unknown: "unknown",
};

const NAME = /[\p{L}\p{N}_ $]+(?:-(?!>)[\p{L}\p{N}_ $]+)*/u;
const NAME_EXPECTED = "field name (* or [a..z0..9_$])";
const OPERATOR_EXPECTED = '"not" or operator (eq, gt, ...)';

/**
 * Parses a query string as PostgREST does.
 *
 * @param isCall whether parameters that are no filters are a function's arguments.
 * @throws {RestError} `PGRST100` for what cannot be parsed.
 */
export function parseUrlQuery(params: URLSearchParams, isCall: boolean): UrlQuery {
  const conditions: Placed<Condition>[] = [];
  const orders: Placed<readonly OrderTerm[]>[] = [];
  const limits: Placed<number>[] = [];
  const offsets: Placed<number>[] = [];
  const args: [string, string][] = [];
  for (const [key, value] of params) {
    if (key === "select" || key === "columns" || key === "on_conflict" || key === "apikey") {
      continue;
    }
    const last = key.split(".").at(-1);
    if (last === "order") orders.push({ path: pathOf(key), value: parseOrder(value) });
    else if (last === "limit") limits.push({ path: pathOf(key), value: toInteger(value) });
    else if (last === "offset") offsets.push({ path: pathOf(key), value: toInteger(value) });
    else if (last === "and" || last === "or") conditions.push(parseLogicParameter(key, value));
    else {
      const filter = parseFilter(key, value, isCall);
      if (filter === undefined) args.push([key, value]);
      else conditions.push(filter);
    }
  }
  return {
    select: parseSelect(params.get("select") ?? "*"),
    conditions,
    orders,
    limits: limits.filter(({ value }) => !Number.isNaN(value)),
    offsets: offsets.filter(({ value }) => !Number.isNaN(value)),
    columns: parseNames(params.get("columns"), "columns"),
    onConflict: parseNames(params.get("on_conflict"), "on_conflict"),
    args,
  };
}

function pathOf(key: string): string[] {
  return key.split(".").slice(0, -1);
}

function toInteger(text: string): number {
  return /^-?\d+$/.test(text) ? Number(text) : NaN;
}

function parseNames(text: string | null, parameter: string): string[] | undefined {
  if (text === null) return undefined;
  const scanner = new Scanner(text, `${parameter} parameter (${text})`);
  const names = [parseName(scanner)];
  while (skipComma(scanner)) names.push(parseName(scanner));
  if (!scanner.isAtEnd) scanner.fail('"," or end of input');
  return names;
}

function skipComma(scanner: Scanner): boolean {
  return scanner.match(/[ \t]*,[ \t]*/) !== undefined;
}

function parseQuoted(scanner: Scanner): string | undefined {
  return scanner.match(/"(?:[^"\\]|\\[^])*"/)?.slice(1, -1).replace(/\\([^])/g, "$1");
}

function parseName(scanner: Scanner): string {
  return parseQuoted(scanner) ?? scanner.match(NAME)?.trim() ?? scanner.fail(NAME_EXPECTED);
}

function parseField(scanner: Scanner): Field {
  scanner.skipSpace();
  const name = parseName(scanner);
  const path: JsonStep[] = [];
  for (let arrow; (arrow = scanner.match(/->>?/)) !== undefined;) {
    const index = scanner.match(/-?\d+(?=->|::|[.,)]|$)/);
    const key = index ?? parseQuoted(scanner) ?? scanner.match(/(?:[^(\-:.,>)]|-(?!>))+/)?.trim();
    if (key === undefined) scanner.fail("any non reserved character different from: .,>()");
    path.push({ arrow: arrow === "->" ? "->" : "->>", key, isIndex: index !== undefined });
  }
  return { name, path };
}

function parseSelect(text: string): SelectItem[] {
  const scanner = new Scanner(text, `select parameter (${text})`);
  const items = parseItems(scanner);
  if (!scanner.isAtEnd) scanner.fail('"," or end of input');
  return items;
}

function parseItems(scanner: Scanner): SelectItem[] {
  const items: SelectItem[] = [];
  scanner.skipSpace();
  if (scanner.isAtEnd || scanner.next === ")") return items;
  do {
    scanner.skipSpace();
    items.push(parseRelation(scanner) ?? parseSelectField(scanner));
    scanner.skipSpace();
  } while (scanner.skip(","));
  return items;
}

function parseAlias(scanner: Scanner): string | undefined {
  return scanner.attempt(() => {
    const alias = parseName(scanner);
    return scanner.match(/:(?!:)/) === undefined ? undefined : alias;
  });
}

function parseRelation(scanner: Scanner): SelectRelation | undefined {
  const head = scanner.attempt(() => {
    const isSpread = scanner.skip("...");
    const alias = isSpread ? undefined : parseAlias(scanner);
    const name = parseName(scanner);
    if (name === "count") return undefined;
    let hint: string | undefined;
    let isInner = false;
    while (scanner.skip("!")) {
      const word = parseName(scanner);
      if (word === "inner") isInner = true;
      else if (word !== "left") hint = word;
    }
    return scanner.skip("(") ? { isSpread, alias, name, hint, isInner } : undefined;
  });
  if (head === undefined) return undefined;
  const items = parseItems(scanner);
  scanner.expect(")");
  return { kind: "relation", ...head, items };
}

function parseSelectField(scanner: Scanner): SelectField {
  if (scanner.skip("*")) {
    return { kind: "field", field: { name: "*", path: [] }, alias: undefined, cast: undefined };
  }
  const alias = parseAlias(scanner);
  const field = parseField(scanner);
  const cast = scanner.skip("::")
    ? scanner.match(/[\p{L}\p{N}_ $]+/u)?.trim() ?? scanner.fail("letter or digit")
    : undefined;
  if (scanner.match(/\.(?:sum|avg|count|max|min)\(\)/) !== undefined || scanner.match(/\(\)/)) {
    throw new RestError(400, "PGRST123", "Use of aggregate functions is not allowed");
  }
  scanner.skipSpace();
  if (!scanner.isAtEnd && scanner.next !== "," && scanner.next !== ")") {
    scanner.fail('letter, digit, "-", "->>", "->", "::", ".", ")", "," or end of input');
  }
  return { kind: "field", field, alias, cast };
}

function parseOrder(text: string): OrderTerm[] {
  const scanner = new Scanner(text, `order (${text})`);
  const terms: OrderTerm[] = [];
  do {
    scanner.skipSpace();
    const relation = scanner.attempt(() => {
      const name = parseName(scanner);
      return scanner.skip("(") ? name : undefined;
    });
    const field = parseField(scanner);
    if (relation !== undefined) scanner.expect(")");
    const direction = scanner.match(/\.(?:asc|desc)(?=[.,]|$)/)?.slice(1) ?? "";
    const nulls = scanner.match(/\.nulls(?:first|last)(?=,|$)/);
    if (!scanner.isAtEnd && scanner.next !== ",") {
      scanner.fail('"asc", "desc", "nullsfirst" or "nullslast"');
    }
    const suffix = nulls === undefined ? "" : ` nulls ${nulls.slice(".nulls".length)}`;
    terms.push({ relation, field, direction: direction + suffix });
  } while (scanner.skip(","));
  return terms;
}

function parseFilter(key: string, value: string, isCall: boolean): Placed<Condition> | undefined {
  const scanner = new Scanner(value, `filter (${value})`);
  const parse = () => parseOperation(scanner, () => scanner.rest());
  const parsed = isCall ? scanner.attempt(parse) : parse();
  if (parsed === undefined) return undefined;
  const { path, field } = parsePlace(key);
  return { path, value: { kind: "filter", field, ...parsed } };
}

function parsePlace(key: string): { path: string[]; field: Field } {
  const scanner = new Scanner(key, `tree path (${key})`);
  const path: string[] = [];
  let field = parseField(scanner);
  while (scanner.skip(".")) {
    path.push(field.name);
    field = parseField(scanner);
  }
  if (!scanner.isAtEnd) {
    scanner.fail('letter, digit, "-", "->>", "->", delimiter (.) or end of input');
  }
  return { path, field };
}

function parseOperation(
  scanner: Scanner,
  readValue: () => string,
): { isNegated: boolean; operation: Operation } {
  const isNegated = scanner.skip("not.");
  return { isNegated, operation: parsePlainOperation(scanner, readValue) };
}

function parsePlainOperation(scanner: Scanner, readValue: () => string): Operation {
  const operation = scanner.attempt((): Operation | (() => Operation) | undefined => {
    const word = scanner.match(/[a-z]+/) ?? "";
    const argument = scanner.match(/\([^)]*\)/)?.slice(1, -1);
    if (!scanner.skip(".")) return undefined;
    const plain = argument === undefined;
    if (word === "in" && plain) return () => ({ kind: "in", values: parseList(scanner) });
    if (word === "is" && plain) return () => parseIs(scanner);
    if (word === "isdistinct" && plain) return () => ({ kind: "distinct", value: readValue() });
    const search = SEARCHES[word];
    if (search !== undefined) {
      return () => ({ kind: "search", sql: search, language: argument, value: readValue() });
    }
    const simple = plain ? SIMPLE[word] : undefined;
    const comparison = simple ?? QUANTIFIABLE[word];
    if (comparison === undefined) return undefined;
    if (argument !== undefined && argument !== "any" && argument !== "all") return undefined;
    return () => ({
      kind: "compare",
      sql: comparison,
      quantifier: argument ?? "",
      value: readValue(),
      isPattern: word === "like" || word === "ilike",
    });
  });
  if (operation === undefined) scanner.fail(OPERATOR_EXPECTED);
  // The value is read outside the attempt, so that an error in it stands where it is.
  return typeof operation === "function" ? operation() : operation;
}

function parseIs(scanner: Scanner): Operation {
  const word = scanner.match(/null|not_null|true|false|unknown/i)?.toLowerCase() ?? "";
  const sql = TRI_STATES[word];
  if (sql === undefined) scanner.fail("isVal: (null, not_null, true, false, unknown)");
  return { kind: "is", sql };
}

function parseList(scanner: Scanner): string[] {
  scanner.skipSpace();
  scanner.expect("(");
  const values: string[] = [];
  do values.push(parseElement(scanner)); while (scanner.skip(","));
  scanner.skipSpace();
  scanner.expect(")");
  scanner.skipSpace();
  return values;
}

/** Returns a value that ends before a comma or closing parenthesis unless it is quoted. */
function parseElement(scanner: Scanner): string {
  const quoted = scanner.attempt(() => {
    const text = parseQuoted(scanner);
    const isWhole = scanner.isAtEnd || scanner.next === "," || scanner.next === ")";
    return isWhole ? text : undefined;
  });
  return quoted ?? scanner.match(/[^,)]*/) ?? "";
}

function parseLogicParameter(key: string, value: string): Placed<Condition> {
  const words = key.split(".");
  const operator = words.pop() === "and" ? "and" : "or";
  const isNegated = words.at(-1) === "not";
  const scanner = new Scanner(value, `logic tree (${value})`);
  const operands = parseOperands(scanner);
  if (!scanner.isAtEnd) scanner.fail("end of input");
  return {
    path: words.filter((word) => word !== "not"),
    value: { kind: "logic", isNegated, operator, operands },
  };
}

function parseOperands(scanner: Scanner): Condition[] {
  scanner.skipSpace();
  scanner.expect("(");
  const operands: Condition[] = [];
  do {
    scanner.skipSpace();
    operands.push(parseCondition(scanner));
    scanner.skipSpace();
  } while (scanner.skip(","));
  scanner.expect(")");
  scanner.skipSpace();
  return operands;
}

function parseCondition(scanner: Scanner): Condition {
  const head = scanner.attempt(() => {
    const isNegated = scanner.skip("not.");
    const operator = scanner.match(/(?:and|or)(?=\()/);
    return operator === undefined ? undefined : { isNegated, operator };
  });
  if (head !== undefined) {
    const operator = head.operator === "and" ? "and" : "or";
    return { kind: "logic", isNegated: head.isNegated, operator, operands: parseOperands(scanner) };
  }
  const field = parseField(scanner);
  scanner.expect(".");
  const readValue = () => scanner.match(/\{[^{}]*\}(?=[,)])/) ?? parseElement(scanner);
  return { kind: "filter", field, ...parseOperation(scanner, readValue) };
}
