// News by Realtime: the report's private channel, which its token opens.

/** Supabase's client as browsers take it; only a report that runs needs it. */
const LIBRARY = "/vendor/supabase.js";

/** @returns {Promise<typeof import("@supabase/supabase-js")>} */
async function loadLibrary() {
  if (Reflect.get(globalThis, "supabase") === undefined) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = LIBRARY;
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error(`${LIBRARY} was not loaded.`)));
      document.head.append(script);
    });
  }
  return Reflect.get(globalThis, "supabase");
}

/**
 * Joins the channel and stays; the client joins again by itself after a break.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {string} token
 * @param {{ onNews: (news: import("../report/report_data.ts").Progress) => void, onJoined: (isJoined: boolean) => void }} on
 * @returns {Promise<() => Promise<void>>} leaves it
 */
export async function joinChannel({ apiUrl, publishableKey }, token, { onNews, onJoined }) {
  const { createClient } = await loadLibrary();
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
