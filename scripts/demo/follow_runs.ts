import type { SupabaseClient } from "@supabase/supabase-js";
import { MultiBar, Presets } from "cli-progress";
import { z } from "zod";
import { type FinishedReport, finishedReportSchema } from "./report_schema.ts";

const POLL_MS = 300;
const ENDED = ["complete", "failed", "refunded", "expired"];

const runSchema = z.object({
  model_id: z.string(),
  status: z.enum(["queued", "running", "complete", "failed", "skipped"]),
});

/**
 * Shows a bar per model until the report has ended, and returns it. A stack that goes away meanwhile
 * is waited for: the report goes on where it was.
 */
export async function followRuns(
  supabase: SupabaseClient,
  reportId: string,
  models: readonly string[],
): Promise<FinishedReport> {
  const width = Math.max(...models.map(({ length }) => length));
  const bars = new MultiBar({
    format: "{model}  {bar}  {value}/{total}  {failed}",
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5_000,
  }, Presets.shades_classic);
  const barOf = new Map(models.map((id) => [
    id,
    bars.create(1, 0, { model: id.padEnd(width), failed: "" }),
  ]));
  try {
    while (true) {
      const [report, runs] = await Promise.all([
        supabase.from("reports").select("*").eq("id", reportId).single(),
        supabase.from("benchmark_runs").select("model_id,status").eq("report_id", reportId)
          .limit(6_000),
      ]);
      if (!report.error && !runs.error) {
        const rows = z.array(runSchema).parse(runs.data);
        for (const [id, bar] of barOf) {
          const own = rows.filter(({ model_id }) => model_id === id);
          const failed = own.filter(({ status }) => status === "failed").length;
          bar.setTotal(Math.max(1, own.length));
          bar.update(own.filter(({ status }) => !["queued", "running"].includes(status)).length, {
            failed: failed > 0 ? `${failed} failed` : "",
          });
        }
        const status = z.object({ status: z.string() }).parse(report.data).status;
        if (ENDED.includes(status)) return finishedReportSchema.parse(report.data);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    bars.stop();
  }
}
