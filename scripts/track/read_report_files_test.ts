import assert from "node:assert/strict";
import { parseReport } from "../../supabase/functions/_shared/tracking/formats/parse_report.ts";
import { type ReportFile, toRecord } from "./read_report_files.ts";

const text = `<testsuite name="s" timestamp="2026-11-01T23:30:00"><testcase name="a"/></testsuite>`;
const file: ReportFile = {
  path: "report.xml",
  text,
  report: parseReport(text),
  writtenAt: new Date("2026-11-02T00:00:00Z"),
};

Deno.test("an observed start is used instead of the local time in a report", () => {
  const startedAt = new Date("2026-11-01T14:30:00Z");
  assert.equal(toRecord([file], {}, startedAt).runTimestamp, startedAt.toISOString());
  assert.equal(toRecord([file], {}).runTimestamp, "2026-11-01T23:30:00.000Z");
  const timestamp = "2026-10-01T00:00:00.000Z";
  assert.equal(toRecord([file], { timestamp }, startedAt).runTimestamp, timestamp);
});

Deno.test("the same file of another commit or branch is another run", () => {
  const keyOf = (commit: string, branch = "main") => toRecord([file], { commit, branch }).key;
  assert.equal(keyOf("aaaa1111"), keyOf("aaaa1111"));
  assert.notEqual(keyOf("aaaa1111"), keyOf("bbbb2222"));
  assert.notEqual(keyOf("aaaa1111"), keyOf("aaaa1111", "feature"));
});
