import type { StackState } from "./state_file.ts";

/** Returns the text that `supabase status` would print for this stack. */
export function renderStatus(state: StackState): string {
  const rows: [label: string, value: string][] = [
    ["API URL", state.apiUrl],
    ["REST URL", `${state.apiUrl}/rest/v1`],
    ["Functions URL", `${state.apiUrl}/functions/v1`],
    ["DB URL", state.dbUrl],
    ["Publishable key", state.publishableKey],
    ["Secret key", state.secretKey],
    ["anon key", state.anonJwt],
    ["service_role key", state.serviceRoleJwt],
    ...Object.entries(state.localServices).map((
      [name, url],
    ): [string, string] => [`${name} URL`, url]),
    ["Outbox", state.outboxDir],
    ["Logs", state.logsDir],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, value]) => `${label.padStart(width)}: ${value}`).join("\n");
}
