import type { RealtimeChannel, SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { reportSummarySchema } from "../../supabase/functions/_shared/report/report_summary.ts";

const runSchema = z.object({
  id: z.string(),
  model_id: z.string(),
  status: z.enum(["queued", "running", "complete", "failed", "skipped"]),
});

/** Part of a row of `benchmark_runs` that shows its progress. */
export type RunProgress = z.infer<typeof runSchema>;

/** Columns of `reports` that the demo prints once the report has ended. */
export const finishedReportSchema = z.object({
  status: z.string(),
  share_token: z.string(),
  recommended_model: z.string().nullable(),
  rationale: z.string().nullable(),
  total_api_cost: z.coerce.number().nullable(),
  partial_reason: z.string().nullable(),
  error: z.string().nullable(),
  summary: reportSummarySchema.nullable(),
});
export type FinishedReport = z.infer<typeof finishedReportSchema>;

const statusSchema = z.object({ status: z.string() });
const systemSchema = z.object({ extension: z.string(), status: z.string(), message: z.string() });

const ENDED = ["complete", "failed", "refunded", "expired"];
/** Largest number of rows that the API returns at once. */
const PAGE_ROWS = 1_000;
const RETRY_MS = 500;

/**
 * Calls `onRun` for every run of a report, at first and after each change, until the report has
 * ended. Returns the report. Changes arrive through Realtime. All runs are read at the start and
 * again when changes may have been missed. If the stack stops meanwhile, it waits for it to come
 * back.
 *
 * @throws {Error} if Realtime refuses the owner.
 */
export async function watchReport(
  supabase: SupabaseClient,
  reportId: string,
  onRun: (run: RunProgress) => void,
): Promise<FinishedReport> {
  const ended = Promise.withResolvers<void>();
  const noteStatus = (row: unknown) => {
    if (ENDED.includes(statusSchema.parse(row).status)) ended.resolve();
  };
  const readAll = async () => {
    for (let from = 0;; from += PAGE_ROWS) {
      const { data, error } = await supabase.from("benchmark_runs").select("id,model_id,status")
        .eq("report_id", reportId).order("id").range(from, from + PAGE_ROWS - 1);
      if (error) throw error;
      for (const run of z.array(runSchema).parse(data)) onRun(run);
      if (data.length < PAGE_ROWS) break;
    }
    const { data, error } = await supabase.from("reports").select("status").eq("id", reportId)
      .single();
    if (error) throw error;
    noteStatus(data);
  };
  const noteRun = ({ new: row }: { new: unknown }) => onRun(runSchema.parse(row));
  const table = { schema: "public", table: "benchmark_runs", filter: `report_id=eq.${reportId}` };
  const channel = supabase.channel(`progress of ${reportId}`)
    .on("postgres_changes", { event: "INSERT", ...table }, noteRun)
    .on("postgres_changes", { event: "UPDATE", ...table }, noteRun)
    .on("postgres_changes", {
      event: "UPDATE",
      schema: "public",
      table: "reports",
      filter: `id=eq.${reportId}`,
    }, ({ new: row }) => noteStatus(row));
  // The channel is joined before its changes are followed. This message says when they are.
  channel.on("system", {}, (payload) => {
    const { extension, status, message } = systemSchema.parse(payload);
    if (status === "error") ended.reject(new Error(`Realtime refused: ${message}`));
    else if (extension === "postgres_changes") retry(channel, readAll).catch(ended.reject);
  });
  try {
    await supabase.realtime.setAuth();
    channel.subscribe();
    await ended.promise;
    return await retry(channel, async () => {
      const { data, error } = await supabase.from("reports").select("*").eq("id", reportId)
        .single();
      if (error) throw error;
      return finishedReportSchema.parse(data);
    });
  } finally {
    await supabase.removeChannel(channel);
    await supabase.realtime.disconnect();
  }
}

/** Repeats a request that the API did not answer, as long as the channel is joined. */
async function retry<T>(channel: RealtimeChannel, ask: () => Promise<T>): Promise<T> {
  while (true) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof z.ZodError || channel.state === "closed") throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
