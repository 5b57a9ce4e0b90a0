import Builder from "fast-xml-builder";
import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { countTests } from "./count_tests.ts";
import { OWN_FIELDS } from "./own_fields.ts";
import { parseJunit } from "./parse_junit.ts";
import type { ParsedReport, ParsedResult } from "./report_model.ts";
import { type TestRows, writeLossless } from "./write_lossless.ts";

const builder = new Builder({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  format: true,
  suppressEmptyNode: true,
});

/**
 * Writes a run as JUnit's XML, with the elements that other tools know and attempts as in Surefire.
 * Fields without a place there go to the property `modelpick` of the test, so that `parseJunit` reads
 * the same results back.
 */
export function writeJunit(report: ParsedReport): string {
  return writeLossless(report, render, parseJunit);
}

function render(
  report: ParsedReport,
  tests: readonly TestRows[],
  lost: readonly (JsonObject | null)[],
): string {
  const counts = countTests(report.results);
  const attributes = clean({
    "@name": report.suite ?? "",
    "@tests": counts.total,
    "@failures": counts.failed - counts.errors,
    "@errors": counts.errors,
    "@skipped": counts.skipped,
    "@time": counts.seconds.toFixed(3),
    ...report.run_timestamp === null ? {} : { "@timestamp": report.run_timestamp },
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${
    builder.build({
      testsuites: {
        ...attributes,
        testsuite: [{
          ...attributes,
          testcase: tests.map((rows, index) => toCase(rows, lost[index] ?? null)),
        }],
      },
    })
  }`;
}

type Element = Record<string, string | number>;

function toCase(rows: TestRows, lost: JsonObject | null): Record<string, unknown> {
  const final = rows.at(-1);
  if (final === undefined) return {};
  const isPassed = final.status === "PASS";
  const [first] = rows;
  const attempts = rows.length > 1 && first !== undefined
    ? isPassed ? rows.slice(0, -1).map((row) => [`flaky${kindOf(row)}`, row] as const) : [
      [kindOf(first).toLowerCase(), first] as const,
      ...rows.slice(1).map((row) => [`rerun${kindOf(row)}`, row] as const),
    ]
    : isFailed(final)
    ? [[kindOf(final).toLowerCase(), final] as const]
    : [];
  const elements: Record<string, Element[]> = {};
  for (const [name, row] of attempts) (elements[name] ??= []).push(toOutcome(row));
  if (final.status === "SKIP") {
    elements.skipped = [clean({
      ...final.error_message === null ? {} : { "@message": final.error_message },
      ...final.execution_status === "xfail" ? { "@type": "pytest.xfail" } : {},
    })];
  }
  const properties = toProperties(final, lost);
  return {
    ...clean({
      "@name": final.tool_name,
      "@classname": final.class_name,
      ...final.duration_secs === null ? {} : { "@time": final.duration_secs },
      ...final.file_path === null ? {} : { "@file": final.file_path },
      ...final.line_number === null ? {} : { "@line": final.line_number },
    }),
    ...properties.length === 0 ? {} : { properties: { property: properties } },
    ...elements,
  };
}

function isFailed({ status }: ParsedResult): boolean {
  return status === "FAIL" || status === "ERROR";
}

function kindOf({ status }: ParsedResult): "Failure" | "Error" {
  return status === "ERROR" ? "Error" : "Failure";
}

function toOutcome({ error_message, error_class }: ParsedResult): Element {
  const text = error_message ?? "";
  return clean({
    "@message": text.split("\n", 1)[0]?.slice(0, 500) ?? "",
    ...error_class === null ? {} : { "@type": error_class },
    "#text": text,
  });
}

function toProperties(result: ParsedResult, lost: JsonObject | null): Element[] {
  const foreign = isJsonObject(result.extra) ? result.extra.properties : undefined;
  const values: [string, string | number | null][] = [
    ["variation", result.variation === "" ? null : result.variation],
    ["provider", result.provider === "" ? null : result.provider],
    ["model", result.model === "" ? null : result.model],
    ["memory_mb", result.memory_mb],
    ["cpu_percent", result.cpu_percent],
    ["tokens_total", result.tokens_total],
    ["cost_usd", result.cost_usd],
    ["watcher_quality", result.watcher_quality],
    ...isJsonObject(foreign)
      ? Object.entries(foreign).map(([name, value]): [string, string | null] => [
        name,
        typeof value === "string" ? value : null,
      ])
      : [],
    [OWN_FIELDS, lost === null ? null : escapeJson(lost)],
  ];
  return values.flatMap(([name, value]) =>
    value === null ? [] : [clean({ "@name": name, "@value": value })]
  );
}

/** Writes JSON without the characters that XML would change. */
function escapeJson(value: JsonObject): string {
  return writeJson(value).replace(
    /[\x7f-\x9f\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Replaces characters that XML forbids. */
function clean(element: Element): Element {
  return Object.fromEntries(
    Object.entries(element).map(([name, value]) => [
      name,
      typeof value === "string"
        ? value.toWellFormed().replace(/[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/gu, "\uFFFD")
        : value,
    ]),
  );
}
