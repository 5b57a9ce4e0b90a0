import assert from "node:assert/strict";
import { join } from "node:path";
import { countTests } from "../supabase/functions/_shared/tracking/formats/count_tests.ts";
import { exportRun } from "../supabase/functions/_shared/tracking/formats/export_run.ts";
import { parseReport } from "../supabase/functions/_shared/tracking/formats/parse_report.ts";
import { ReportError } from "../supabase/functions/_shared/tracking/formats/report_model.ts";
import { countReport } from "./support/count_report.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../examples/test-reports");

function filesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder))
    .filter(({ isFile, name }) => isFile && /\.(xml|json)$/.test(name))
    .map(({ name }) => name).sort();
}

const read = (name: string) => Deno.readTextFileSync(join(FOLDER, name));

Deno.test("each sample report has as many tests as an independent count of its elements", () => {
  const files = filesIn(FOLDER);
  assert.ok(files.length >= 7);
  for (const file of files) {
    const { total, passed, failed, skipped } = countTests(parseReport(read(file)).results);
    assert.deepEqual({ total, passed, failed, skipped }, countReport(read(file)), file);
    assert.ok(total > 0, file);
  }
});

Deno.test("the samples have the expected counts, whatever their count attributes say", () => {
  const expected: Readonly<Record<string, readonly [number, number, number]>> = {
    "control_characters.xml": [2, 1, 0],
    "ctrf_odd.json": [2, 1, 4],
    "deno_steps.xml": [2, 3, 0],
    "gtest.xml": [1, 1, 2],
    "nested.xml": [4, 2, 0],
    "pytest.xml": [2, 3, 2],
    "surefire.xml": [3, 1, 1],
  };
  assert.deepEqual(filesIn(FOLDER), Object.keys(expected));
  for (const [file, counts] of Object.entries(expected)) {
    const { passed, failed, skipped } = countTests(parseReport(read(file)).results);
    assert.deepEqual([passed, failed, skipped], counts, file);
  }
});

Deno.test("each sample survives an export to JUnit, CTRF and our JSON unchanged", () => {
  for (const file of filesIn(FOLDER)) {
    const report = parseReport(read(file));
    for (const format of ["json", "junit", "ctrf"] as const) {
      const again = parseReport(exportRun(report, format).text);
      assert.deepEqual(again.results, report.results, `${file} as ${format}`);
    }
  }
});

Deno.test("each invalid report is refused with its own error code", () => {
  const codes = filesIn(join(FOLDER, "refused")).map((file) => {
    try {
      parseReport(read(`refused/${file}`));
      return [file, "was read"];
    } catch (error) {
      assert.ok(error instanceof ReportError);
      assert.ok(typeof error.position === "object" && error.position !== null, file);
      return [file, error.code];
    }
  });
  assert.deepEqual(Object.fromEntries(codes), {
    "entity_bomb.xml": "junit.forbidden",
    "external_entity.xml": "junit.forbidden",
    "truncated.json": "report.malformed_json",
    "truncated.xml": "junit.malformed",
  });
});
