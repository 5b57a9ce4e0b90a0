import assert from "node:assert/strict";
import fc from "fast-check";
import { assignElements } from "./assign_elements.ts";

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

function permutations(left: readonly number[]): number[][] {
  if (left.length === 0) return [[]];
  return left.flatMap((first) =>
    permutations(left.filter((index) => index !== first)).map((rest) => [first, ...rest])
  );
}

function assign(worths: readonly (readonly (readonly number[])[])[]): number[] {
  const columns = worths[0]?.length ?? 0;
  return assignElements(
    indices(worths.length),
    indices(columns),
    (row, column) => worths[row]?.[column] ?? [],
  );
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

Deno.test("as many pairs are made as the shorter side has elements, none twice", () => {
  fc.assert(fc.property(fc.nat(6), fc.nat(6), (rows, columns) => {
    const pairs = assignElements(indices(rows), indices(columns), (row, column) => [row - column]);
    const made = pairs.filter((column) => column >= 0);
    assert.equal(pairs.length, rows);
    assert.equal(made.length, Math.min(rows, columns));
    assert.equal(new Set(made).size, made.length);
  }));
});

Deno.test("of arrays too long to search, equal elements are paired and the few others searched", () => {
  const rows = indices(2_000).map((index) => ({ n: index }));
  const columns = [...rows.slice(2), { n: -1 }, { n: -2 }].reverse();
  let searched = 0;
  const pairs = assignElements(rows, columns, (row, column) => {
    searched++;
    return [row === 0 && columns[column]?.n === -2 ? 1 : 0];
  });
  assert.equal(searched, 4);
  assert.equal(columns[pairs[0] ?? -1]?.n, -2);
  assert.equal(columns[pairs[1] ?? -1]?.n, -1);
  assert.ok(rows.slice(2).every((row, index) => columns[pairs[index + 2] ?? -1]?.n === row.n));
});

Deno.test("of arrays too different to search, the pairs do not depend on the order", () => {
  const rows = indices(3_000).map((index) => `row ${index}`);
  const columns = indices(2_500).map((index) => `column ${index}`);
  const named = (rows: string[], columns: string[]) =>
    assignElements(rows, columns, () => [0])
      .map((column, row) => `${rows[row]} ${columns[column]}`).sort();
  assert.deepEqual(named(rows.toReversed(), columns.toReversed()), named(rows, columns));
});
