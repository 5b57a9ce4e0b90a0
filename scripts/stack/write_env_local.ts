import { whenMissing } from "../support/when_missing.ts";
import type { StackState } from "./state_file.ts";

/** Writes a stack's addresses and keys into a `.env` file. Keeps all other lines of the file. */
export async function writeEnvLocal(file: string, state: StackState): Promise<void> {
  const values = new Map([
    ["SUPABASE_URL", state.apiUrl],
    ["SUPABASE_PUBLISHABLE_KEY", state.publishableKey],
    ["SUPABASE_SECRET_KEY", state.secretKey],
    ["SUPABASE_ANON_KEY", state.anonJwt],
    ["SUPABASE_SERVICE_ROLE_KEY", state.serviceRoleJwt],
    ["SUPABASE_DB_URL", state.dbUrl],
  ]);
  const kept = await Deno.readTextFile(file).catch(whenMissing(""));
  const others = kept.split("\n").filter((line) =>
    !values.has(/^\s*(?:export\s+)?([A-Z_]+)\s*=/.exec(line)?.[1] ?? "")
  );
  while (others.at(-1) === "") others.pop();
  const ours = [...values].map(([name, value]) => `${name}="${value}"`);
  await Deno.writeTextFile(file, [...others, ...ours, ""].join("\n"), { mode: 0o600 });
}
