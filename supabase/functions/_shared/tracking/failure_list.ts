import { z } from "zod";

const text = z.string().nullable();

/** A test that failed in the last complete run of its suite and branch. */
export const failingTestSchema = z.object({
  suite: z.string(),
  branch: z.string(),
  test: z.string(),
  /** Empty if the test has no variants. */
  variation: z.string(),
  class_name: z.string(),
  /** Model under test; empty if there is none. */
  model: z.string(),
  status: z.enum(["FAIL", "ERROR"]),
  /** The first 2,000 characters. */
  error_message: text,
  file_path: text,
  line_number: z.number().nullable(),
  /** Time of that run. */
  failed_at: z.string(),
  /** Time of the first failure since the test last passed. */
  failing_since: z.string(),
  /** Runs that it failed in since then. */
  failed_runs: z.number(),
  issue_code: text,
  issue_title: text,
  /** `new`, `recurring`, `regressed` or `resolved`. */
  issue_trend: text,
});
export type FailingTest = z.infer<typeof failingTestSchema>;

/** Tests to list. Null stands for all suites or branches. */
export interface FailingTestQuery {
  readonly suite: string | null;
  readonly branch: string | null;
  readonly limit: number;
}
