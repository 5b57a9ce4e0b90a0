import assert from "node:assert/strict";
import fc from "fast-check";
import { alignElements, type AlignLimits } from "./align_elements.ts";
import { readTokens } from "./element_tokens.ts";
import { NO_RULES } from "./field_rules.ts";

function align(expected: readonly string[], actual: readonly string[], limits?: AlignLimits) {
  return alignElements({
    expected,
    actual,
    errorsOf: (one, other) => [one === other ? 0 : 1, one === other ? 0 : 1],
    readTokens: () =>
      readTokens(
        [[...expected], [...actual]],
        NO_RULES,
        (leaf) => ({ equal: String(leaf), near: [] }),
      ),
  }, limits);
}

function countErrors(expected: readonly string[], actual: readonly string[], pairs: number[]) {
  const paired = pairs.filter((place) => place >= 0);
  const right = pairs.filter((place, index) => actual[place] === expected[index]).length;
  return expected.length - right + actual.length - paired.length;
}

/** Computes the edit distance by its definition. */
function editDistance(one: string, other: string): number {
  if (one === "" || other === "") return one.length + other.length;
  return Math.min(
    editDistance(one.slice(1), other.slice(1)) + (one[0] === other[0] ? 0 : 1),
    editDistance(one.slice(1), other) + 1,
    editDistance(one, other.slice(1)) + 1,
  );
}

const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 5 });
const LONG: AlignLimits = { pairs: 0, equalities: 1_000 };
const TOO_LONG: AlignLimits = { pairs: 0, equalities: 0 };

Deno.test("no alignment has fewer errors", () => {
  fc.assert(fc.property(letters, letters, (one, other) => {
    const pairs = align([...one], [...other]);
    assert.equal(countErrors([...one], [...other], pairs), editDistance(one, other));
  }));
});

Deno.test("an alignment never changes the order and uses no element twice, however long the arrays", () => {
  fc.assert(fc.property(letters, letters, (one, other) => {
    for (const limits of [undefined, LONG, TOO_LONG]) {
      const made = align([...one], [...other], limits).filter((place) => place >= 0);
      assert.deepEqual(made, [...new Set(made)].sort((place, next) => place - next));
    }
  }));
});

Deno.test("a long array has no more errors aligned than by place", () => {
  fc.assert(fc.property(letters, letters, (one, other) => {
    const [expected, actual] = [[...one], [...other]];
    const byPlace = expected.map((_, index) => index < actual.length ? index : -1);
    for (const limits of [LONG, TOO_LONG]) {
      const errors = countErrors(expected, actual, align(expected, actual, limits));
      assert.ok(errors <= countErrors(expected, actual, byPlace));
    }
  }));
});

Deno.test("of 5,000 elements those left out, made up and misread are errors, and no others", () => {
  const expected = Array.from({ length: 5_000 }, (_, index) => `tag ${index}`);
  const actual = expected.toSpliced(0, 1).toSpliced(2_000, 0, "made up").toSpliced(4_000, 2);
  actual[3_000] = "misread";
  assert.equal(countErrors(expected, actual, align(expected, actual)), 5);
});

Deno.test("of 4,000 elements of two values those left out are errors, and no others", () => {
  const expected = Array.from({ length: 4_000 }, (_, index) => index * index % 7 < 3 ? "x" : "y");
  const actual = expected.toSpliced(3_000, 1).toSpliced(1_000, 1);
  assert.equal(countErrors(expected, actual, align(expected, actual)), 2);
});
