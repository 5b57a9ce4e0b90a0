import { parseEnv } from "node:util";

/**
 * Reads the functions' `.env` file. Returns an empty object if the file does not exist. Leaves out
 * names that begin with `SUPABASE_`, which hosted secrets may not use either.
 */
export function readEnvFile(file: string): Record<string, string> {
  try {
    const parsed = parseEnv(Deno.readTextFileSync(file));
    return Object.fromEntries(
      Object.entries(parsed).flatMap(([name, value]) =>
        value === undefined || name.startsWith("SUPABASE_") ? [] : [[name, value]]
      ),
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}
