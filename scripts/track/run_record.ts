import { createHash } from "node:crypto";
import { z } from "zod";
import type { ParsedReport } from "../../supabase/functions/_shared/tracking/formats/report_model.ts";
import {
  type ReportSource,
  toOwnJson,
} from "../../supabase/functions/_shared/tracking/formats/write_own_json.ts";

/** One run, as it is written to files and sent. */
export interface RunRecord {
  /** Name of its files without the extension: `<time>-<suite>-<hash>`. */
  readonly name: string;
  readonly suite: string;
  /** ISO 8601. */
  readonly runTimestamp: string;
  /** Idempotency key, by which a record that is sent several times stays one run. */
  readonly key: string;
  /** Our own JSON. */
  readonly text: string;
}

/** A report with a suite and a time, which a record needs. */
type CompleteReport = ParsedReport & {
  readonly suite: string;
  readonly run_timestamp: string;
};

/** Returns the last part of a record's name, by which it is found. */
export function shortHash(key: string): string {
  return sha256(key).slice(0, 12);
}

/** Returns the SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Makes a record of a report. */
export function makeRecord(
  report: CompleteReport,
  source: ReportSource & { readonly key: string },
): RunRecord {
  const { suite, run_timestamp: runTimestamp } = report;
  const { key } = source;
  return {
    name: nameOf(suite, runTimestamp, key),
    suite,
    runTimestamp,
    key,
    text: `${JSON.stringify(toOwnJson(report, source), null, 1)}\n`,
  };
}

const recordSchema = z.looseObject({
  suite: z.string(),
  run_timestamp: z.string(),
  source: z.looseObject({ key: z.string() }),
});

function nameOf(suite: string, runTimestamp: string, key: string): string {
  const time = new Date(runTimestamp).toISOString().replace(/\.\d+Z$/, "Z").replace(/[-:]/g, "");
  return `${time}-${slug(suite)}-${shortHash(key)}`;
}

/** Reads a record's file; null if it is none. */
export function readRecord(text: string): RunRecord | null {
  try {
    const { suite, run_timestamp: runTimestamp, source: { key } } = recordSchema.parse(
      JSON.parse(text),
    );
    return { name: nameOf(suite, runTimestamp, key), suite, runTimestamp, key, text };
  } catch {
    return null;
  }
}

/** Converts a suite's name to a part of a file's name. */
export function slug(suite: string): string {
  const plain = suite.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "").slice(0, 60);
  return plain === "" ? sha256(suite).slice(0, 8) : plain;
}
