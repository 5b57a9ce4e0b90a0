import { z } from "zod";
import { type JsonObject, jsonObjectWithin } from "../../platform/json/json_value.ts";
import { OWN_FIELDS, readOwnFields } from "./own_fields.ts";
import { readShape } from "./json_document.ts";
import { readFigures, runFields } from "./parse_own_json.ts";
import { arriveNow, type ReportContext, type Warnings } from "./report_reader.ts";
import { dateRun } from "./run_date.ts";
import { cleanMessage, cutText, findErrorClass } from "./read_values.ts";
import {
  makeResult,
  MAX_RESULTS,
  MAX_SECONDS,
  NOTHING_SAID,
  type ParsedReport,
  type ParsedResult,
  REPORT_LIMITS,
  type TestStatus,
} from "./report_model.ts";

const jsonObject = jsonObjectWithin(REPORT_LIMITS);
const time = z.number().nonnegative().nullish();
const words = z.string().nullish();

const attemptSchema = z.looseObject({
  attempt: z.int().positive().nullish(),
  status: z.string(),
  duration: time,
  message: words,
  trace: words,
});

const testSchema = z.looseObject({
  name: z.string(),
  status: z.string(),
  duration: time,
  suite: z.union([z.string(), z.array(z.string())]).nullish(),
  message: words,
  trace: words,
  line: z.int().positive().nullish().catch(null),
  file_path: words,
  rawStatus: words,
  flaky: z.boolean().nullish(),
  retries: z.int().nonnegative().nullish(),
  retryAttempts: z.array(attemptSchema).nullish(),
  extra: jsonObject.nullish(),
});

const schema = z.looseObject({
  reportFormat: z.string().nullish(),
  specVersion: z.string().nullish(),
  timestamp: words,
  results: z.looseObject({
    tool: z.looseObject({ name: z.string() }).nullish(),
    summary: z.looseObject({ start: time, stop: time }).nullish(),
    tests: z.array(testSchema).max(MAX_RESULTS),
    environment: z.looseObject({
      reportName: words,
      appName: words,
      branchName: words,
      commit: words,
    }).nullish(),
  }),
});

type Test = z.output<typeof testSchema>;

const STATUSES: Readonly<Record<string, TestStatus>> = {
  passed: "PASS",
  failed: "FAIL",
  skipped: "SKIP",
  pending: "SKIP",
  other: "SKIP",
};

/** Keys that become columns. The others are kept in `extra`. */
const KNOWN = new Set([
  ...["name", "status", "duration", "suite", "message", "trace", "line", "file_path", "rawStatus"],
  ...["retryAttempts", "extra"],
]);

/**
 * Reads a report in the Common Test Report Format (ctrf.io). Results are counted from the tests; the
 * counts of the summary are ignored. Everything but the tests is kept in the report's `extra`.
 *
 * @throws {ReportError} `ctrf.invalid` with the path of the first field that does not fit.
 */
export function parseCtrf(
  document: JsonObject,
  context: ReportContext = arriveNow(),
): ParsedReport {
  const { reportFormat, specVersion, timestamp, results } = readShape(schema, document, "ctrf");
  const { warnings } = context;
  for (const [name, value] of Object.entries({ reportFormat, specVersion })) {
    if (value == null) {
      warnings.add({ code: "ctrf.missing_field", detail: `The report has no ${name}.` });
    }
  }
  const rows = results.tests.flatMap((test, index) => toRows(test, index, warnings));
  const { environment, summary, tool } = results;
  const { tests: _, ...about } = results;
  const revision = (name: "branchName" | "commit", schema: z.ZodType<string>) =>
    readRevision(name, environment?.[name], schema, warnings);
  return {
    ...NOTHING_SAID,
    format: "ctrf",
    suite: [environment?.reportName, environment?.appName, tool?.name]
      .map((name) => name?.trim()).find(Boolean) ?? null,
    run_timestamp: dateRun([readStart(summary?.start), timestamp], context),
    branch_name: revision("branchName", runFields.branch_name),
    commit_hash: revision("commit", runFields.commit_hash),
    results: rows.map((row, ordinal) => ({ ...row, ordinal })),
    warnings: warnings.list,
    extra: readShape(jsonObject, { ...document, results: about }, "ctrf"),
  };
}

/** Returns the rows of a test: its earlier attempts, then its final outcome. */
function toRows(test: Test, index: number, warnings: Warnings): ParsedResult[] {
  const path = `results.tests[${index}]`;
  if (typeof test.suite === "string") {
    warnings.add({ code: "ctrf.suite_is_text", detail: `${path}.suite is text, not a list.` });
  }
  const { base, ownFields } = readFacts(test);
  const attempts = test.retryAttempts ?? [];
  return [
    ...attempts.map((attempt, place): ParsedResult => ({
      ...base,
      ...readOutcome(attempt, `${path}.retryAttempts[${place}]`, warnings),
      attempt: attempt.attempt ?? place + 1,
      is_counted: false,
      extra: null,
    })),
    {
      ...base,
      ...readOutcome(test, path, warnings),
      ...test.flaky === true ? { execution_status: "flaky" } : {},
      attempt: Math.max(test.retries ?? 0, attempts.length) + 1,
      ...ownFields,
    },
  ];
}

/** Reads everything but the outcome. Our own fields override what the rest of the test says. */
function readFacts(test: Test) {
  const { [OWN_FIELDS]: marked, ...unmarked } = test.extra ?? {};
  const ownFields = marked === undefined ? null : readOwnFields(marked);
  const extra = ownFields === null
    ? test.extra
    : Object.keys(unmarked).length === 0
    ? null
    : unmarked;
  const others = Object.entries(test).filter(([name, value]) => !KNOWN.has(name) && value != null);
  const kept = { ...Object.fromEntries(others), ...extra == null ? {} : { extra } };
  const { tokens_total, cost_usd } = readFigures((name) => extra?.[name]);
  const suite = typeof test.suite === "string" ? [test.suite] : test.suite ?? [];
  const base = makeResult({
    ordinal: 0,
    tool_name: test.name.trim() === "" ? "(no name)" : test.name,
    status: "PASS",
    class_name: suite.join(" > "),
    variation: textIn(extra, "variation"),
    provider: textIn(extra, "provider"),
    model: textIn(extra, "model"),
    tokens_total,
    cost_usd,
    file_path: test.file_path ?? null,
    line_number: test.line ?? null,
    extra: Object.keys(kept).length === 0 ? null : readShape(jsonObject, kept, "ctrf"),
  });
  return { base, ownFields };
}

function readOutcome(
  { status, duration, message, trace, ...test }: z.output<typeof attemptSchema>,
  path: string,
  warnings: Warnings,
): Partial<ParsedResult> {
  const known = STATUSES[status.toLowerCase()];
  if (known === undefined) {
    warnings.add({
      code: "ctrf.unknown_status",
      detail: `${path}.status is "${cutText(status, 50)}"; it is counted as skipped.`,
    });
  }
  const raw = typeof test.rawStatus === "string" ? test.rawStatus : null;
  const error_message = cleanMessage([message, trace].filter((part) => part != null).join("\n"));
  const isFailed = known === "FAIL";
  if (duration != null && duration > MAX_SECONDS * 1000) {
    warnings.add({
      code: "ctrf.bad_duration",
      detail: `${path}.duration is over the limit and was dropped.`,
    });
  }
  return {
    status: known ?? "SKIP",
    execution_status: (known ?? "SKIP") === "SKIP" && status !== "skipped" ? status : raw,
    duration_secs: duration == null || duration > MAX_SECONDS * 1000 ? null : duration / 1000,
    error_message,
    error_class: isFailed ? findErrorClass(message ?? trace ?? null) : null,
  };
}

function textIn(extra: Test["extra"], name: string): string {
  const value = extra?.[name];
  return typeof value === "string" ? value : "";
}

/** Returns a branch or commit; null with a warning if the text cannot be one. */
function readRevision(
  name: string,
  text: string | null | undefined,
  schema: z.ZodType<string>,
  warnings: Warnings,
): string | null {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "") return null;
  const parsed = schema.safeParse(trimmed);
  if (parsed.success) return parsed.data;
  warnings.add({
    code: "ctrf.bad_field",
    detail: `results.environment.${name} cannot be used: "${cutText(trimmed, 50)}".`,
  });
  return null;
}

/** Writes milliseconds since 1970 as text. Tools write 0 for an unknown time. */
function readStart(milliseconds: number | null | undefined): string | null {
  return milliseconds == null || milliseconds === 0 ? null : String(Math.trunc(milliseconds));
}
