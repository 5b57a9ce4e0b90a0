import type { LoadedReport } from "../benchmark/store.ts";
import type { ReportRun } from "./report_types.ts";

/** A report whose runs have all ended. */
export interface FinishedReport extends LoadedReport {
  readonly runs: readonly ReportRun[];
  /** At checkout. */
  readonly predictedCostUsd: number;
  /** Of all calls, those that were made again included. */
  readonly actualCostUsd: number;
}
