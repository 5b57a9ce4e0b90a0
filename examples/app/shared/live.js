// Receives progress through the report's private Realtime channel, which its token opens.

import { loadSupabase } from "./load_script.js";

/**
 * Joins the channel. After a lost connection the client joins it again.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {string} token
 * @param {{ onNews: (news: import("../report/report_data.ts").Progress) => void, onJoined: (isJoined: boolean) => void }} on
 * @returns {Promise<() => Promise<void>>} function that leaves the channel
 */
export async function joinChannel({ apiUrl, publishableKey }, token, { onNews, onJoined }) {
  const { createClient } = await loadSupabase();
  const client = createClient(apiUrl, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
  });
  client.channel(`share:${token}`, { config: { private: true } })
    .on("broadcast", { event: "progress" }, ({ payload }) => onNews(payload))
    .subscribe((status) => onJoined(status === "SUBSCRIBED"));
  return async () => {
    await client.removeAllChannels();
    await client.realtime.disconnect();
  };
}
