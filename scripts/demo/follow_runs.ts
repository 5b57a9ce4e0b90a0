import type { SupabaseClient } from "@supabase/supabase-js";
import { MultiBar, Presets } from "cli-progress";
import { printError, terminalWidth } from "../support/terminal.ts";
import { type FinishedReport, type RunProgress, watchReport } from "./watch_report.ts";

/** Time without progress, in milliseconds, after which a hint is printed. */
const SILENCE_MS = 180_000;
/** Share of each model's runs after which the expected end is told: the first ones wait for workers to start. */
const TOLD_AT = 0.2;
/** Columns beside model and bar: `  120/120  120 failed`. */
const COUNTS_WIDTH = 24;

/**
 * Shows a progress bar per model until the report has ended, and returns the report. Tells once when the
 * end is expected. After minutes without progress it prints the advice and keeps waiting.
 */
export async function followRuns(
  supabase: SupabaseClient,
  reportId: string,
  models: readonly string[],
  advice: string,
): Promise<FinishedReport> {
  const width = Math.max(...models.map(({ length }) => length));
  const bars = new MultiBar({
    format: "{model}  {bar}  {value}/{total}  {failed}",
    barsize: Math.max(10, terminalWidth() - width - COUNTS_WIDTH),
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 30_000,
  }, Presets.shades_classic);
  const barOf = new Map(models.map((id) => [
    id,
    bars.create(1, 0, { model: id.padEnd(width), failed: "" }),
  ]));
  const runsOf = new Map(models.map((id) => [id, new Map<string, RunProgress["status"]>()]));
  const begunAt = performance.now();
  let isEndTold = false;
  const tellEnd = () => {
    // The slowest model ends last.
    const share = Math.min(
      ...[...runsOf.values()].map((runs) =>
        runs.size === 0 ? 0 : [...runs.values()].filter(hasEnded).length / runs.size
      ),
    );
    if (isEndTold || share < TOLD_AT || share === 1) return;
    isEndTold = true;
    const leftMs = (performance.now() - begunAt) * (1 / share - 1);
    const end = new Date(Date.now() + leftMs).toTimeString().slice(0, 8);
    bars.log(`Expected end: ${end}, in about ${Math.ceil(leftMs / 1_000)} s\n`);
  };
  let heardAt = performance.now();
  const silence = setInterval(() => {
    if (performance.now() - heardAt < SILENCE_MS) return;
    heardAt = performance.now();
    printError(`No progress for ${SILENCE_MS / 60_000} minutes. ${advice}`);
  }, 1_000);
  const note = ({ id, model_id, status }: RunProgress) => {
    heardAt = performance.now();
    const runs = runsOf.get(model_id);
    const before = runs?.get(id);
    // The initial read may return older data than Realtime: a run that has ended stays ended.
    if (runs === undefined || (before !== undefined && hasEnded(before))) return;
    runs.set(id, status);
    const statuses = [...runs.values()];
    const failed = statuses.filter((known) => known === "failed").length;
    barOf.get(model_id)?.setTotal(statuses.length);
    barOf.get(model_id)?.update(statuses.filter(hasEnded).length, {
      failed: failed > 0 ? `${failed} failed` : "",
    });
    tellEnd();
  };
  try {
    return await watchReport(supabase, reportId, note);
  } finally {
    clearInterval(silence);
    bars.stop();
  }
}

function hasEnded(status: RunProgress["status"]): boolean {
  return status !== "queued" && status !== "running";
}
