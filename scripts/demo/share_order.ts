import type { SupabaseClient } from "@supabase/supabase-js";

/** Lets everybody with the report's link see its images and expected answers. */
export async function shareOrder(supabase: SupabaseClient, reportId: string): Promise<void> {
  const { error } = await supabase.rpc("set_sharing", {
    p_report: reportId,
    p_expires_at: null,
    p_shares_order: true,
  });
  if (error) throw error;
}
