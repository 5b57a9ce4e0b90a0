import assert from "node:assert/strict";
import { Warnings } from "./report_reader.ts";
import { dateRun } from "./run_date.ts";

const ARRIVED = "2026-12-01T10:00:00.000Z";

function date(times: readonly string[], utcOffset: string | null = null) {
  const warnings = new Warnings();
  const dated = dateRun(times, { arrivedAt: new Date(ARRIVED), utcOffset, warnings });
  return [dated, warnings.list.map(({ code }) => code)];
}

Deno.test("a time is read in the forms that runners write", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["Tue, 05 May 2020 08:38:13 GMT", "2020-05-05T08:38:13.000Z"],
    ["Thu Feb 11 10:24:57 GMT 2021", "2021-02-11T10:24:57.000Z"],
    ["Thu Feb 11 10:24:57 2021", "2021-02-11T10:24:57.000Z"],
    ["1717171717171", "2024-05-31T16:08:37.171Z"],
    ["1717171717", "2024-05-31T16:08:37.000Z"],
    ["1717171717.5", "2024-05-31T16:08:37.500Z"],
    ["2024-05-06T 07:08:09", "2024-05-06T07:08:09.000Z"],
    ["2024-05-06 07:08:09 UTC", "2024-05-06T07:08:09.000Z"],
    ["2024-05-06T07:08:09+0200", "2024-05-06T05:08:09.000Z"],
    ["2024-05-06T07:08:09+02", "2024-05-06T05:08:09.000Z"],
    ["2024-05-06 07:08:09 -0330", "2024-05-06T10:38:09.000Z"],
    ["2024-05-06T07:08:09.123456789Z", "2024-05-06T07:08:09.123Z"],
    ["2024-05-06T24:00:00", "2024-05-07T00:00:00.000Z"],
    ["2024-05-06T07:08:09,123", "2024-05-06T07:08:09.123Z"],
    ["2024-05-06T07:08", "2024-05-06T07:08:00.000Z"],
    ["20240506T070809Z", "2024-05-06T07:08:09.000Z"],
    ["2024-05-06", "2024-05-06T00:00:00.000Z"],
  ];
  for (const [text, right] of cases) assert.deepEqual(date([text]), [right, []], text);
});

Deno.test("a time without an offset is read by the sender's clock, and never later than it arrived", () => {
  assert.deepEqual(date(["2026-12-01T11:30:00"], "+02:00"), ["2026-12-01T09:30:00.000Z", []]);
  assert.deepEqual(date(["Tue Dec 1 11:30:00 2026"], "+02:00"), ["2026-12-01T09:30:00.000Z", []]);
  assert.deepEqual(date(["2026-12-01T11:30:00"]), [ARRIVED, []]);
});

Deno.test("a run is dated by the times that can be trusted", () => {
  const good = "2026-11-30T10:00:00.000Z";
  assert.deepEqual(date(["1970-01-01T00:00:00", good]), [good, []]);
  assert.deepEqual(date(["0001-01-01T00:00:00Z", "1999-12-31T23:00:00Z"]), [null, []]);
  assert.deepEqual(date(["2036-01-01T00:00:00", good, "soon"]), [good, []]);
  assert.deepEqual(date(["2036-01-01T00:00:00"]), [ARRIVED, ["report.future_time"]]);
  assert.deepEqual(date(["05/06/2024 07:08"]), [null, ["report.bad_time"]]);
  assert.deepEqual(date(["2024-13-45T99:00:00Z"]), [null, ["report.bad_time"]]);
});
