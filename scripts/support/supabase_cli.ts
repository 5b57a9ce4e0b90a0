import { NPM_PLATFORM, npmExecutable } from "./npm_download.ts";

const VERSION = "3.1.0";

/** Runs the Supabase CLI in the repository and returns its output. */
export async function supabaseCli(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const executable = await npmExecutable(`@supabase/cli-${NPM_PLATFORM}`, VERSION, "bin/supabase");
  const { code, stdout, stderr } = await new Deno.Command(executable, {
    args,
    stdin: "null",
    env: { NO_COLOR: "1", SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
