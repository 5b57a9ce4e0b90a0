import type { Reply, WorkSource } from "../platform/jobs/run_worker.ts";
import type { ReportConclusion, ReportRun } from "../report/report_types.ts";
import type { ConfigSnapshot } from "./config.ts";
import type { LoadedRace } from "./look_at_race.ts";
import type { JobResult, WorkerJob } from "./run_result.ts";

/** Where the sample images are. */
export interface ImageSource {
  /**
   * Tells whether images are sent as bytes to the provider behind `base_url_key`, because it cannot
   * read our URLs.
   */
  wantsBytes(baseUrlKey: string): boolean;
  /**
   * Returns URLs for paths in the bucket `benchmark-images`, in the order given, that the provider
   * behind `base_url_key` can read for at least as long as a worker lives; null where nothing is stored.
   * Where it wants bytes these are `data:` URLs, each as long as its image.
   */
  openImages(paths: readonly string[], baseUrlKey: string): Promise<readonly (string | null)[]>;
  /** Returns one image as a `data:` URL for any provider; null where nothing is stored. */
  readBytes(path: string): Promise<string | null>;
}

/** What the worker knows of a report. */
export interface LoadedReport {
  readonly reportId: string;
  readonly snapshot: ConfigSnapshot;
}

/** A report whose runs have all ended. */
export interface FinishedReport extends LoadedReport {
  readonly runs: readonly ReportRun[];
  /** At checkout. */
  readonly predictedCostUsd: number;
  /** Of all calls, those that were made again included. */
  readonly actualCostUsd: number;
}

/** Reports as the worker reads and ends them. */
export interface BenchmarkStore {
  loadReport(reportId: string): Promise<LoadedReport>;
  /** `null`: the report is gone, or does not race. */
  loadRace(reportId: string): Promise<LoadedRace | null>;
  /**
   * Stops models, has the others run on, and ends the job, all together. `false`: the lease was
   * lost.
   */
  advanceRace(
    job: { readonly job_id: number; readonly attempt: number },
    stoppedIds: readonly string[],
  ): Promise<boolean>;
  loadFinished(reportId: string): Promise<FinishedReport>;
  /** Ends the report and the job together. `false`: the lease was lost, or the report had ended. */
  finalizeReport(
    job: { readonly job_id: number; readonly attempt: number },
    conclusion: ReportConclusion,
  ): Promise<boolean>;
}

/** A report that failed or was refunded while it was worked on, once its last call is back. */
export interface ClosedReport {
  readonly report_id: string;
  readonly status: "failed" | "refunded";
  readonly error: string | null;
  readonly predicted_cost_usd: number | null;
  readonly actual_cost_usd: number | null;
}

/** The queue as a benchmark worker sees it. */
export interface BenchmarkSource extends WorkSource<WorkerJob, JobResult> {
  exchange(
    results: readonly JobResult[],
    want: number,
    ahead: boolean,
  ): Promise<Reply<WorkerJob> & { readonly closed: readonly ClosedReport[] }>;
}
