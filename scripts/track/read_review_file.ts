import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from "../../supabase/functions/_shared/platform/json/json_value.ts";
import { parseJson } from "../../supabase/functions/_shared/tracking/formats/json_document.ts";
import {
  makeResult,
  type ParsedReport,
  type ParsedResult,
  ReportError,
  type ReportWarning,
  type TestStatus,
} from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import { arriveNow } from "../../supabase/functions/_shared/tracking/formats/report_reader.ts";
import { dateRun } from "../../supabase/functions/_shared/tracking/formats/run_date.ts";

const LISTS = ["observations", "watcher_observations", "results", "tests"];
const NAMES = ["tool_name", "tool", "test_name", "test", "name"];
const QUALITIES = ["quality_score", "watcher_quality", "quality", "score"];
const STATUSES = ["status", "test_status", "result", "outcome"];
const TIMES = ["run_timestamp", "timestamp", "observed_at", "created_at", "date"];

/**
 * Reads a watcher's reviews from a file of `watcher_observations/`. The file is a list of reviews, an
 * object with such a list under `observations`, `watcher_observations`, `results` or `tests`, an object
 * of reviews by the tool's name, or a single review.
 *
 * A review has the tool's name (`tool_name`, `tool`, `test_name`, `test`, `name`) and may have
 * `variation`, `provider`, `model`, a score from 1 to 10 (`quality_score`, `watcher_quality`, `quality`,
 * `score`), a status (`status`, `result`, `outcome`, or `passed`), `duration_secs`, `cost_usd`,
 * `tokens_total` and `error_message`. The whole review is kept in `watcher_observations`.
 *
 * @throws {ReportError} if the file is not JSON or has no review.
 */
export function readReviewFile(text: string): ParsedReport {
  const document = parseJson(text.replace(/^\uFEFF/, ""));
  const about = isJsonObject(document) ? document : {};
  const found = findReviews(document);
  if (found.length === 0) throw new ReportError("observations.none", "The file has no review.");
  const warnings: ReportWarning[] = [];
  return {
    format: "observations",
    suite: textIn(about, ["suite", "suite_name"]),
    run_timestamp: readTime(about) ?? readTime(found[0]?.review ?? {}),
    branch_name: textIn(about, ["branch_name", "branch"]),
    commit_hash: textIn(about, ["commit_hash", "commit"]),
    watcher_model: textIn(about, ["watcher_model"]) ??
      textIn(found[0]?.review ?? {}, ["watcher_model"]),
    notes: textIn(about, ["notes"]),
    results: found.map(({ name, review }, ordinal) => toResult(name, review, ordinal, warnings)),
    warnings,
    extra: null,
  };
}

interface Found {
  readonly name: string | null;
  readonly review: JsonObject;
}

function findReviews(document: JsonValue): Found[] {
  if (Array.isArray(document)) {
    return document.filter(isJsonObject).map((review) => ({ name: null, review }));
  }
  if (!isJsonObject(document)) return [];
  for (const list of LISTS) {
    const inner = document[list];
    if (Array.isArray(inner)) return findReviews(inner);
    if (isJsonObject(inner) && textIn(document, NAMES) === null) return byName(inner);
  }
  if (textIn(document, NAMES) !== null) return [{ name: null, review: document }];
  return byName(document);
}

function byName(document: JsonObject): Found[] {
  return Object.entries(document).flatMap(([name, review]) =>
    isJsonObject(review) ? [{ name, review }] : []
  );
}

function toResult(
  name: string | null,
  review: JsonObject,
  ordinal: number,
  warnings: ReportWarning[],
): ParsedResult {
  const warn = (code: string, fault: string) =>
    warnings.push({ code, detail: `Review ${ordinal + 1} ${fault}.` });
  const tool_name = textIn(review, NAMES) ?? name;
  if (tool_name === null) warn("observations.nameless", "names no tool");
  const status = readStatus(review);
  if (status === null) {
    warn("observations.no_status", "has no status; it is counted as skipped");
  }
  const quality = numberIn(review, QUALITIES);
  const tokens = numberIn(review, ["tokens_total", "tokens", "total_tokens"]);
  const isScore = quality !== null && quality >= 1 && quality <= 10;
  if (quality !== null && !isScore) {
    warn("observations.bad_quality", `has the score ${quality}, which is not from 1 to 10`);
  }
  return makeResult({
    ordinal,
    tool_name: tool_name ?? "(no name)",
    status: status ?? "SKIP",
    execution_status: status === null ? "observed" : null,
    variation: textIn(review, ["variation", "variant"]) ?? "",
    provider: textIn(review, ["provider"]) ?? "",
    model: textIn(review, ["model", "model_name"]) ?? "",
    duration_secs: numberIn(review, ["duration_secs", "duration_seconds", "duration"]),
    cost_usd: numberIn(review, ["cost_usd", "cost"]),
    tokens_total: tokens === null ? null : Math.round(tokens),
    error_message: textIn(review, ["error_message", "error"]),
    watcher_quality: isScore ? Math.round(quality) : null,
    watcher_observations: review,
  });
}

function readStatus(review: JsonObject): TestStatus | null {
  for (const name of [...STATUSES, "passed", "success"]) {
    const value = review[name];
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
  return dateRun([textIn(object, TIMES)], arriveNow());
}

function textIn(object: JsonObject, names: readonly string[]): string | null {
  return names.map((name) => object[name])
    .find((value): value is string => typeof value === "string" && value.trim() !== "") ?? null;
}

function numberIn(object: JsonObject, names: readonly string[]): number | null {
  return names.map((name) => object[name])
    .find((value): value is number => typeof value === "number" && value >= 0) ?? null;
}
