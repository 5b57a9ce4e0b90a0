import type { JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { fingerprintFailure } from "./fingerprint.ts";
import type { ParsedResult } from "./formats/report_model.ts";

/**
 * Characters of a batch. Every statement counts the run's results again, so that many small batches cost
 * Postgres more, and a batch is held in memory twice.
 */
const BATCH_CHARACTERS = 256 * 1024;

/** Characters that the brackets, keys and numbers of a result take, about. */
const RESULT_CHARACTERS = 24;

/**
 * Results on their way to `add_report_results`. Passed tests with nothing else to say, nearly all of a
 * large report, are written as columns, which takes half the CPU time and half the bytes of objects.
 */
export class ResultBatch {
  readonly #ordinals: number[] = [];
  readonly #names: string[] = [];
  readonly #classes: string[] = [];
  readonly #durations: (number | null)[] = [];
  readonly #files: (string | null)[] = [];
  readonly #lines: (number | null)[] = [];
  readonly #others: ParsedResult[] = [];
  #hasLocations = false;
  #characters = 0;

  get isEmpty(): boolean {
    return this.#characters === 0;
  }

  get isFull(): boolean {
    return this.#characters >= BATCH_CHARACTERS;
  }

  add(result: ParsedResult): void {
    const { tool_name, class_name, file_path, line_number } = result;
    this.#characters += RESULT_CHARACTERS + tool_name.length + class_name.length +
      (file_path?.length ?? 0) + (result.error_message?.length ?? 0);
    if (!isPlainPass(result)) {
      this.#others.push(result);
      return;
    }
    this.#ordinals.push(result.ordinal);
    this.#names.push(tool_name);
    this.#classes.push(class_name);
    this.#durations.push(result.duration_secs);
    this.#files.push(file_path);
    this.#lines.push(line_number);
    this.#hasLocations ||= file_path !== null || line_number !== null;
  }

  /** Returns the arguments of `add_report_results` as JSON. */
  take(): { readonly passed: string; readonly others: string } {
    const columns = {
      ordinal: this.#ordinals,
      tool_name: this.#names,
      class_name: this.#classes,
      duration_secs: this.#durations,
      ...this.#hasLocations ? { file_path: this.#files, line_number: this.#lines } : {},
    };
    return {
      // Columns hold no bigint: `writeJson` would take five times as long.
      passed: replaceUnstorable(JSON.stringify(columns)),
      others: storableJson(this.#others.map(toRow)),
    };
  }
}

function isPlainPass(result: ParsedResult): boolean {
  return result.status === "PASS" && result.execution_status === null && result.is_counted &&
    result.attempt === 1 && result.variation === "" && result.provider === "" &&
    result.model === "" && result.memory_mb === null && result.cpu_percent === null &&
    result.tokens_total === null && result.cost_usd === null && result.error_message === null &&
    result.error_class === null && result.watcher_quality === null &&
    result.watcher_observations === null && result.extra === null;
}

/** Converts a result to the columns of `test_results`. */
export function toRow(result: ParsedResult): JsonValue {
  const isFailed = result.status === "FAIL" || result.status === "ERROR";
  const { fingerprint = null, version = null } = isFailed ? fingerprintFailure(result) : {};
  return { ...result, failure_fingerprint: fingerprint, fingerprint_version: version };
}

/** Writes JSON that `jsonb` accepts: U+0000 and unpaired surrogates become U+FFFD. */
export function storableJson(value: unknown): string {
  return replaceUnstorable(writeJson(value));
}

function replaceUnstorable(json: string): string {
  if (!json.includes("\\u")) return json;
  return json.replace(
    /\\(?:u(?:0000|d[\da-f]{3})|.)/g,
    (escape) => escape.length > 2 ? "\\ufffd" : escape,
  );
}
