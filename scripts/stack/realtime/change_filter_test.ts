import assert from "node:assert/strict";
import fc from "fast-check";
import { startTestDatabase } from "../testing.ts";
import { compileCondition, FilterError, parseFilter } from "./change_filter.ts";

Deno.test("parseFilter() splits at commas outside quotes and parentheses", () => {
  assert.deepEqual(parseFilter('a=gt.1, b=not.in.(x,"y,z"),c=eq."q\\"\\\\,",d=eq.1.5'), [
    { column: "a", operator: "gt", isNegated: false, value: "1" },
    { column: "b", operator: "in", isNegated: true, value: '{x,"y,z"}' },
    { column: "c", operator: "eq", isNegated: false, value: 'q"\\,' },
    { column: "d", operator: "eq", isNegated: false, value: "1.5" },
  ]);
  assert.deepEqual(parseFilter("  "), []);
});

Deno.test("parseFilter() refuses text that is not a condition", () => {
  for (const filter of ["undefined", "a=1", "a=near.1", "a=eq.1,", "a=in.1,2"]) {
    assert.throws(() => parseFilter(filter), FilterError, filter);
  }
});

Deno.test("a filter agrees with Postgres for every value", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  const texts = fc.oneof(
    fc.constantFrom("", "a", "B", "ä", "%", "_", "a%", "x.y", "👋", "\\"),
    fc.string(),
  ).filter((text) => !text.includes("\0"));
  const numbers = fc.oneof(
    fc.integer({ min: -20, max: 20 }).map((value) => String(value / 4)),
    fc.constantFrom("NaN", "Infinity", "-Infinity", "1.50", "1e3", "0.000000000000000000001"),
    fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  );
  const orderings = [["eq", "="], ["neq", "<>"], ["lt", "<"], ["lte", "<="], ["gt", ">"], [
    "gte",
    ">=",
  ], ["isdistinct", "is distinct from"]] as const;
  const comparison = fc.constantFrom(...orderings);
  const cases = fc.oneof(
    fc.record({ type: fc.constant("numeric"), value: numbers, operand: numbers, comparison }),
    fc.record({
      type: fc.constantFrom("float8"),
      value: fc.constantFrom("NaN", "Infinity", "-0", "0", "1.5", "-2e10"),
      operand: fc.constantFrom("NaN", "Infinity", "-0", "0", "1.5", "-2e10"),
      comparison,
    }),
    fc.record({
      type: fc.constant("text"),
      value: texts,
      operand: texts,
      comparison: fc.constantFrom(
        ...orderings,
        ["like", "like"] as const,
        ["ilike", "ilike"] as const,
      ),
    }),
    fc.record({
      type: fc.constant("timestamptz"),
      value: fc.constantFrom(
        "2026-01-01",
        "2026-01-01 00:00:00.5",
        "infinity",
        "2025-12-31 23:00-01",
      ),
      operand: fc.constantFrom("2026-01-01", "2026-01-01 00:00:00.5", "-infinity"),
      comparison,
    }),
    fc.record({
      type: fc.constant("bool"),
      value: fc.constantFrom("true", "off"),
      operand: fc.constantFrom("yes", "false"),
      comparison,
    }),
  ).filter(({ comparison: [operator], operand }) =>
    // A pattern that ends with its escape character is an error in Postgres.
    !operator.endsWith("like") || !operand.includes("\\")
  );
  await fc.assert(
    fc.asyncProperty(
      cases,
      fc.boolean(),
      fc.boolean(),
      async ({ type, value, operand, comparison: [operator, symbol] }, isNull, isNegated) => {
        const given = isNull ? null : value;
        const [row] = await sql<[{ text: string | null; holds: boolean | null }]>`
          select format('%s', v) as text, v ${sql.unsafe(symbol)} ${operand}::text::${
          sql(type)
        } as holds
          from (values (${given}::text::${sql(type)})) x (v)`;
        const test = await compileCondition(
          sql,
          { column: "c", operator, isNegated, value: operand },
          type,
        );
        const expected = row.holds === null ? false : row.holds !== isNegated;
        assert.equal(test.holds(isNull ? null : row.text), expected);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("a type whose values have several spellings is refused rather than compared by them", async () => {
  await using database = await startTestDatabase();
  for (const type of ["interval", "json", "point", "public.citext", "_numeric"]) {
    await assert.rejects(
      compileCondition(
        database.sql,
        { column: "c", operator: "eq", isNegated: false, value: "1" },
        type,
      ),
      FilterError,
    );
  }
});
