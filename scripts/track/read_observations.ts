import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson } from "../../supabase/functions/_shared/tracking/read_json_report.ts";
import {
  makeResult,
  type ParsedReport,
  type ParsedResult,
  ReportError,
  type ReportWarning,
  type TestStatus,
} from "../../supabase/functions/_shared/tracking/report_model.ts";

const LISTS = ["observations", "watcher_observations", "results", "tests"];
const NAMES = ["tool_name", "tool", "test_name", "test", "name"];
const QUALITIES = ["quality_score", "watcher_quality", "quality", "score"];
const STATUSES = ["status", "test_status", "result", "outcome"];
const TIMES = ["run_timestamp", "timestamp", "observed_at", "created_at", "date"];

/**
 * Reads a watcher's file of observations. It holds a list of them, or an object with such a list under
 * `observations`, `watcher_observations`, `results` or `tests`, or an object of them by the tool's
 * name, or a single one. An observation has the tool's name (`tool_name`, `tool`, `test_name`, `test`,
 * `name`) and may have `variation`, `provider`, `model`, a mark from 1 to 10 (`quality_score`,
 * `watcher_quality`, `quality`, `score`), a status (`status`, `result`, `outcome`, or `passed`),
 * `duration_secs`, `cost_usd`, `tokens_total` and `error_message`. Whatever else it says is kept: the
 * observation itself stands in `watcher_observations` as it came.
 *
 * @throws {ReportError} where the file is no JSON or holds no observation.
 */
export function readObservations(text: string): ParsedReport {
  const document = parseJson(text.replace(/^\uFEFF/, ""));
  const about = isJsonObject(document) ? document : {};
  const found = findObservations(document);
  if (found.length === 0) {
    throw new ReportError("observations.none", "The file holds no observation.");
  }
  const warnings: ReportWarning[] = [];
  return {
    format: "observations",
    suite: textIn(about, ["suite", "suite_name"]),
    runTimestamp: readTime(about) ?? readTime(found[0]?.observation ?? {}),
    branchName: textIn(about, ["branch_name", "branch"]),
    commitHash: textIn(about, ["commit_hash", "commit"]),
    watcherModel: textIn(about, ["watcher_model"]) ??
      textIn(found[0]?.observation ?? {}, ["watcher_model"]),
    notes: textIn(about, ["notes"]),
    results: found.map(({ name, observation }, ordinal) =>
      toResult(name, observation, ordinal, warnings)
    ),
    warnings,
    extra: null,
  };
}

interface Found {
  readonly name: string | null;
  readonly observation: JsonObject;
}

function findObservations(document: JsonValue): Found[] {
  if (Array.isArray(document)) {
    return document.filter(isJsonObject).map((observation) => ({ name: null, observation }));
  }
  if (!isJsonObject(document)) return [];
  for (const list of LISTS) {
    const inner = document[list];
    if (Array.isArray(inner)) return findObservations(inner);
    if (isJsonObject(inner) && textIn(document, NAMES) === null) return byName(inner);
  }
  if (textIn(document, NAMES) !== null) return [{ name: null, observation: document }];
  return byName(document);
}

function byName(document: JsonObject): Found[] {
  return Object.entries(document).flatMap(([name, observation]) =>
    isJsonObject(observation) ? [{ name, observation }] : []
  );
}

function toResult(
  name: string | null,
  observation: JsonObject,
  ordinal: number,
  warnings: ReportWarning[],
): ParsedResult {
  const toolName = textIn(observation, NAMES) ?? name;
  if (toolName === null) {
    warnings.push({
      code: "observations.nameless",
      detail: `Observation ${ordinal + 1} names no tool.`,
    });
  }
  const status = readStatus(observation);
  if (status === null) {
    warnings.push({
      code: "observations.no_status",
      detail: `Observation ${ordinal + 1} says no status; it was taken as skipped.`,
    });
  }
  const quality = numberIn(observation, QUALITIES);
  const isMark = quality !== null && quality >= 1 && quality <= 10;
  if (quality !== null && !isMark) {
    warnings.push({
      code: "observations.bad_quality",
      detail: `Observation ${ordinal + 1} has the mark ${quality}, which is not from 1 to 10.`,
    });
  }
  return makeResult({
    ordinal,
    toolName: toolName ?? "(no name)",
    status: status ?? "SKIP",
    executionStatus: status === null ? "observed" : null,
    variation: textIn(observation, ["variation", "variant"]) ?? "",
    provider: textIn(observation, ["provider"]) ?? "",
    model: textIn(observation, ["model", "model_name"]) ?? "",
    durationSecs: numberIn(observation, ["duration_secs", "duration_seconds", "duration"]),
    costUsd: numberIn(observation, ["cost_usd", "cost"]),
    tokensTotal: wholeIn(observation, ["tokens_total", "tokens", "total_tokens"]),
    errorMessage: textIn(observation, ["error_message", "error"]),
    watcherQuality: isMark ? Math.round(quality) : null,
    watcherObservations: observation,
  });
}

function readStatus(observation: JsonObject): TestStatus | null {
  for (const name of [...STATUSES, "passed", "success"]) {
    const value = observation[name];
    if (typeof value === "boolean") return value ? "PASS" : "FAIL";
    if (typeof value !== "string") continue;
    if (/^(pass(ed)?|success(ful)?|succeeded|ok|completed?)$/i.test(value)) return "PASS";
    if (/^(fail(ed|ure)?)$/i.test(value)) return "FAIL";
    if (/^(error(ed)?|crash(ed)?|timeout)$/i.test(value)) return "ERROR";
    if (/^(skip(ped)?|pending)$/i.test(value)) return "SKIP";
  }
  return null;
}

function readTime(object: JsonObject): string | null {
  const text = textIn(object, TIMES);
  if (text === null || !/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(text);
  const time = Date.parse(hasOffset || !text.includes("T") ? text : `${text}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function textIn(object: JsonObject, names: readonly string[]): string | null {
  for (const name of names) {
    const value = object[name];
    if (typeof value === "string" && value.trim() !== "") return value;
  }
  return null;
}

function numberIn(object: JsonObject, names: readonly string[]): number | null {
  for (const name of names) {
    const value = object[name];
    if (typeof value === "number" && value >= 0) return value;
  }
  return null;
}

function wholeIn(object: JsonObject, names: readonly string[]): number | null {
  const value = numberIn(object, names);
  return value === null ? null : Math.round(value);
}
