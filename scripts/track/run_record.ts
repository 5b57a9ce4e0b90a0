import { createHash } from "node:crypto";
import { z } from "zod";
import type { ParsedReport } from "../../supabase/functions/_shared/tracking/report_model.ts";
import {
  type ReportSource,
  toOwnJson,
} from "../../supabase/functions/_shared/tracking/write_json_report.ts";

/** One run as it is kept in files and sent. */
export interface RunRecord {
  /** Of its files, without a suffix: `<time>-<suite>-<hash>`. */
  readonly name: string;
  readonly suite: string;
  /** ISO 8601. */
  readonly runTimestamp: string;
  /** The idempotency key: however often the record is sent, it is one run. */
  readonly key: string;
  /** Our own JSON. */
  readonly text: string;
}

/** A report with a suite and a time, which a record cannot do without. */
export type CompleteReport = ParsedReport & {
  readonly suite: string;
  readonly runTimestamp: string;
};

/** The name's last part, by which a record is found again. */
export function shortHash(key: string): string {
  return sha256(key).slice(0, 12);
}

/** The SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Makes a record of a report. */
export function makeRecord(
  report: CompleteReport,
  source: ReportSource & { readonly key: string },
): RunRecord {
  const { suite, runTimestamp } = report;
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

/** Reads a record's file; null where it is none of ours. */
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

/** A suite's name as a file's name. */
export function slug(suite: string): string {
  const plain = suite.normalize("NFKD").toLowerCase().replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "").slice(0, 60);
  return plain === "" ? sha256(suite).slice(0, 8) : plain;
}
