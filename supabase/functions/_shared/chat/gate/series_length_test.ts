import assert from "node:assert/strict";
import { checkShape } from "./check_shape.ts";
import { Faults } from "./refusal.ts";
import { StatementParser } from "./parse_statement.ts";
import { readArguments } from "./read_node.ts";
import { seriesLength } from "./series_length.ts";

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const parser = new StatementParser();

/** Returns the length of `generate_series(args)`. */
async function lengthOf(args: string): Promise<number | undefined> {
  const { targetList } = checkShape(
    await parser.parse(`select generate_series(${args})`),
    new Faults(),
  );
  const [target] = targetList ?? [];
  assert.ok(target !== undefined && "ResTarget" in target);
  const { val } = target.ResTarget;
  assert.ok(val !== undefined && "FuncCall" in val);
  return seriesLength(readArguments(val.FuncCall), NOW);
}

Deno.test("seriesLength() counts the rows of a series of numbers", async () => {
  const lengths: readonly (readonly [args: string, length: number])[] = [
    ["1, 10", 10],
    ["0, 100, 5", 21],
    ["10, 1, -1", 10],
    ["-5, 5", 11],
    ["1, 2 * 3 + 4", 10],
    ["1.5, 2.5, 0.1", 11],
    ["5, 5", 1],
  ];
  for (const [args, length] of lengths) assert.equal(await lengthOf(args), length, args);
});

Deno.test("seriesLength() is never less than the rows of a series of times, and not much more", async () => {
  const days: readonly (readonly [args: string, atLeast: number])[] = [
    ["date '2026-11-01', date '2026-11-30', interval '1 day'", 30],
    ["'2026-01-01'::timestamptz, '2026-12-31 23:59:59+02'::timestamptz, '1 day'", 365],
    ["current_date - 29, current_date, '1 day'", 30],
    ["current_date - interval '29 days', current_date, '1 day'::interval", 30],
    ["date_trunc('week', now()) - 4 * interval '1 week', date_trunc('week', now()), '7 days'", 5],
    ["date_trunc('month', now() - interval '1 year'), now(), '1 month'", 13],
    ["now() - '1 day 12 hours'::interval, now(), '6 hours'", 7],
    ["date(now()) - 7, current_timestamp at time zone 'UTC', '1 day'", 8],
  ];
  for (const [args, atLeast] of days) {
    const length = await lengthOf(args);
    assert.ok(
      length !== undefined && length >= atLeast && length <= 3 * atLeast + 40,
      `${args}: ${length}`,
    );
  }
});

Deno.test("seriesLength() is undefined if only the database knows the length", async () => {
  for (
    const args of [
      "1, n",
      "1, (select 5)",
      "1, 10, 0",
      "1, 10, n",
      "n, 10",
      "1",
      "1, 2, 3, 4",
      "1, now()",
      "now(), now(), 1",
      "now(), 'infinity', '1 day'",
      "'-infinity'::date, now(), '1 day'",
      "now(), 'tomorrow', '1 day'",
      "now() - '1 year', now(), '0 days'",
      "now() - '1 year', now(), '1 day -1 day'",
      "now() - '1 year', now(), '1 month -30 days'",
      "now() - '1 year', now(), '1 microsecond'",
      "now(), now(), ''",
      "now() - random() * interval '1 year', now(), '1 day'",
      "now(), clock_timestamp(), '1 day'",
      "'2026-99-99'::date, now(), '1 day'",
    ]
  ) assert.equal(await lengthOf(args), undefined, args);
});
