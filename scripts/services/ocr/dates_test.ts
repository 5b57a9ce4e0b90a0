import assert from "node:assert/strict";
import fc from "fast-check";
import { findDates } from "./dates.ts";

Deno.test("findDates() reads numbers and month names in several languages", () => {
  const cases: [string, string][] = [
    ["2026-06-18", "2026-06-18"],
    ["DATE 2026/04/09 21:16", "2026-04-09"],
    ["Datum: 12.05.2026", "2026-05-12"],
    ["24 - 09 - 2026", "2026-09-24"],
    ["31/12/26", "2026-12-31"],
    ["14 Feb 2026  11:08", "2026-02-14"],
    ["March 4, 2026", "2026-03-04"],
    ["April 3,2026", "2026-04-03"],
    ["MAY 22, 2026", "2026-05-22"],
    ["1st September 2026", "2026-09-01"],
    ["3. März 2026", "2026-03-03"],
    ["14 juillet 2026", "2026-07-14"],
    ["9 août 2026", "2026-08-09"],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(findDates(text, "day_first").map((date) => date.iso), [expected], text);
  }
});

Deno.test("findDates() lets the country decide only where both readings are dates", () => {
  assert.equal(findDates("03/04/2026", "day_first")[0]?.iso, "2026-04-03");
  assert.equal(findDates("03/04/2026", "month_first")[0]?.iso, "2026-03-04");
  assert.equal(findDates("03/14/2026", "day_first")[0]?.iso, "2026-03-14");
  assert.equal(findDates("14/03/2026", "month_first")[0]?.iso, "2026-03-14");
  assert.equal(findDates("03.04.2026", "month_first")[0]?.iso, "2026-04-03");
});

Deno.test("findDates() corrects a slashed zero that an engine read as an eight", () => {
  assert.equal(findDates("87/85/2826", "day_first")[0]?.iso, "2026-05-07");
  assert.equal(findDates("MAY 22, 2826", "month_first")[0]?.iso, "2026-05-22");
});

Deno.test("findDates() finds nothing in text that is not a date", () => {
  for (const text of ["31.02.2026", "2026-13-01", "20-17-68", "1,284.50", "Room 214"]) {
    assert.deepEqual(findDates(text, "day_first"), [], text);
  }
});

Deno.test("findDates() reads any day of the century written year first", () => {
  fc.assert(fc.property(
    fc.date({ min: new Date("2000-01-01"), max: new Date("2079-12-31"), noInvalidDate: true }),
    (date) => {
      const iso = date.toISOString().slice(0, 10);
      assert.equal(findDates(`on ${iso} at`, "day_first")[0]?.iso, iso);
    },
  ));
});
