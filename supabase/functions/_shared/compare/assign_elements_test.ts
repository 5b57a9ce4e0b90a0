import assert from "node:assert/strict";
import fc from "fast-check";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { assignElements, type AssignLimits } from "./assign_elements.ts";
import { readTokens } from "./element_tokens.ts";
import { NO_RULES } from "./field_rules.ts";

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

function permutations(left: readonly number[]): number[][] {
  if (left.length === 0) return [[]];
  return left.flatMap((first) =>
    permutations(left.filter((index) => index !== first)).map((rest) => [first, ...rest])
  );
}

function assign(worths: readonly (readonly (readonly number[])[])[]): number[] {
  return assignElements({
    rows: indices(worths.length),
    columns: indices(worths[0]?.length ?? 0),
    worthOf: (row, column) => worths[row]?.[column] ?? [],
    readTokens: () => assert.fail("so few are searched in full"),
  });
}

function total(worths: readonly (readonly (readonly number[])[])[], pairs: readonly number[]) {
  const sum: number[] = [];
  for (const [row, column] of pairs.entries()) {
    for (const [place, figure] of (worths[row]?.[column] ?? []).entries()) {
      sum[place] = (sum[place] ?? 0) + figure;
    }
  }
  return sum;
}

function isHigher(one: readonly number[], other: readonly number[]): boolean {
  const place = one.findIndex((figure, place) => figure !== other[place]);
  return place >= 0 && (one[place] ?? 0) > (other[place] ?? 0);
}

for (const scale of [3, 1e12]) {
  Deno.test(`no pairs add up to more, figure by figure, with figures up to ${scale}`, () => {
    const square = fc.integer({ min: 1, max: 4 }).chain((size) =>
      fc.array(
        fc.array(fc.tuple(...indices(3).map(() => fc.integer({ min: -scale, max: scale }))), {
          minLength: size,
          maxLength: size,
        }),
        { minLength: size, maxLength: size },
      )
    );
    fc.assert(fc.property(square, (worths) => {
      const best = total(worths, assign(worths));
      for (const other of permutations(indices(worths.length))) {
        assert.equal(isHigher(total(worths, other), best), false);
      }
    }));
  });
}

type Row = Readonly<Record<string, number>>;

/** Flat rows whose fields have few values, so that rows repeat and share most values. */
const list = fc.array(
  fc.record({ a: fc.nat(2), b: fc.nat(2), c: fc.nat(2), d: fc.nat(1) }),
  { maxLength: 6 },
);
const NO_SEARCH = { comparisons: 0, steps: 0 };
const DENSE: AssignLimits = { ...NO_SEARCH, pairs: 1_000, shared: 1_000 };
const GREEDY: AssignLimits = { ...NO_SEARCH, pairs: 0, shared: 1_000 };
const BLIND: AssignLimits = { ...NO_SEARCH, pairs: 0, shared: 0 };

const countAlike = (one: Row = {}, other: Row = {}) =>
  Object.keys(one).filter((key) => one[key] === other[key]).length;

function assignRows(
  rows: readonly Row[],
  columns: readonly Row[],
  limits?: AssignLimits,
): number[] {
  const count = (row: number, column: number) => countAlike(rows[row], columns[column]);
  return assignElements({
    rows,
    columns,
    worthOf: (row, column) => [count(row, column)],
    countRight: count,
    readTokens: () =>
      readTokens([rows, columns], NO_RULES, (leaf) => ({ equal: String(leaf), near: [] })),
  }, limits);
}

const sumAlike = (rows: readonly Row[], columns: readonly Row[], pairs: readonly number[]) =>
  pairs.reduce(
    (sum, column, row) => sum + (column < 0 ? 0 : countAlike(rows[row], columns[column])),
    0,
  );

function bestSum(rows: readonly Row[], columns: readonly Row[]): number {
  if (rows.length > columns.length) return bestSum(columns, rows);
  return Math.max(
    ...permutations(indices(columns.length)).map((order) =>
      sumAlike(rows, columns, order.slice(0, rows.length))
    ),
  );
}

Deno.test("in arrays too long to compute each pair's worth, the pairs make the most fields right", () => {
  fc.assert(fc.property(list, list, (rows, columns) => {
    const pairs = assignRows(rows, columns, DENSE);
    assert.equal(sumAlike(rows, columns, pairs), bestSum(rows, columns));
  }));
});

Deno.test("in arrays too long to search, the pairs make at least half of the most fields right", () => {
  fc.assert(fc.property(list, list, (rows, columns) => {
    const pairs = assignRows(rows, columns, GREEDY);
    assert.ok(2 * sumAlike(rows, columns, pairs) >= bestSum(rows, columns));
  }));
});

for (const values of [2, 5, 30, 400]) {
  Deno.test(`taking the most alike first loses at most 5 % on lists of ${values} values a field`, () => {
    const random = xoroshiro128plus(values);
    const draw = (below: number) => uniformInt(random, 0, below - 1);
    const fields = ["a", "b", "c", "d", "e", "f"];
    const makeRow = () => Object.fromEntries(fields.map((field) => [field, draw(values)]));
    const rows = Array.from({ length: 400 }, makeRow);
    const columns = rows.toReversed().map((row) => ({
      ...row,
      [fields[draw(6)] ?? ""]: draw(values),
      [fields[draw(6)] ?? ""]: draw(values),
    }));
    const large = { ...NO_SEARCH, shared: 1_000_000 };
    const best = sumAlike(rows, columns, assignRows(rows, columns, { ...large, pairs: 160_000 }));
    const sum = sumAlike(rows, columns, assignRows(rows, columns, { ...large, pairs: 0 }));
    assert.ok(sum <= best && sum >= 0.95 * best, `${sum} of ${best}`);
  });
}

Deno.test("equal rows are paired whatever the limits, however often they repeat", () => {
  fc.assert(fc.property(list, fc.nat(), (rows, turn) => {
    const at = rows.length === 0 ? 0 : turn % rows.length;
    const columns = [...rows.slice(at), ...rows.slice(0, at)];
    for (const limits of [undefined, DENSE, GREEDY, BLIND]) {
      const pairs = assignRows(rows, columns, limits);
      assert.equal(sumAlike(rows, columns, pairs), 4 * rows.length);
    }
  }));
  const repeated = Array.from({ length: 5_000 }, (_, index) => ({ a: index % 2, b: 1 }));
  const pairs = assignRows(repeated, repeated.toReversed());
  assert.equal(sumAlike(repeated, repeated.toReversed(), pairs), 10_000);
});

Deno.test("as many pairs are made as the shorter side has elements, none twice, whatever the limits", () => {
  fc.assert(fc.property(list, list, (rows, columns) => {
    for (const limits of [undefined, DENSE, GREEDY, BLIND]) {
      const pairs = assignRows(rows, columns, limits);
      const made = pairs.filter((column) => column >= 0);
      assert.equal(pairs.length, rows.length);
      assert.equal(made.length, Math.min(rows.length, columns.length));
      assert.equal(new Set(made).size, made.length);
    }
  }));
});

Deno.test("in arrays too long to search, equal elements are paired and the few others are searched", () => {
  const rows = indices(2_000).map((index) => ({ n: index }));
  const columns = [...rows.slice(2), { n: -1 }, { n: -2 }].reverse();
  const compared = new Set<string>();
  const pairs = assignElements({
    rows,
    columns,
    worthOf: (row, column) => {
      const [one = 0, other = 0] = [rows[row]?.n, columns[column]?.n];
      if (one !== other) compared.add(`${one} ${other}`);
      return [one === 0 && other === -2 ? 1 : 0];
    },
    readTokens: () =>
      readTokens([rows, columns], NO_RULES, (leaf) => ({ equal: String(leaf), near: [] })),
  });
  assert.deepEqual([...compared].sort(), ["0 -1", "0 -2", "1 -1", "1 -2"]);
  assert.equal(columns[pairs[0] ?? -1]?.n, -2);
  assert.equal(columns[pairs[1] ?? -1]?.n, -1);
  assert.ok(rows.slice(2).every((row, index) => columns[pairs[index + 2] ?? -1]?.n === row.n));
});

Deno.test("in arrays too different to search, the pairs do not depend on the order", () => {
  const rows = indices(3_000).map((n) => ({ n, kind: n % 7 }));
  const columns = indices(2_500).map((n) => ({ n: -n, kind: n % 5 }));
  const named = (rows: readonly Row[], columns: readonly Row[]) =>
    assignRows(rows, columns)
      .map((column, row) => `${rows[row]?.["n"]} ${columns[column]?.["n"]}`).sort();
  assert.deepEqual(named(rows.toReversed(), columns.toReversed()), named(rows, columns));
});
