import { NPM_PLATFORM, npmExecutable } from "./npm_download.ts";

const VERSION = "3.1.0";

/** What a command of the Supabase CLI did. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the Supabase CLI in the repository. Never asks anything. */
export type SupabaseCli = (...args: string[]) => Promise<CliResult>;

/** Options of {@link createSupabaseCli}. */
export interface SupabaseCliOptions {
  /** Variables in addition to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** File with the addresses of Supabase's API, for a Supabase that is not supabase.com. */
  readonly profile?: string | undefined;
}

/** Creates a way to run the CLI, which is downloaded from npm with its first command. */
export function createSupabaseCli({ env, profile }: SupabaseCliOptions = {}): SupabaseCli {
  return async (...args) => {
    const executable = await npmExecutable(
      `@supabase/cli-${NPM_PLATFORM}`,
      VERSION,
      "bin/supabase",
    );
    const { code, stdout, stderr } = await new Deno.Command(executable, {
      args: [...profile === undefined ? [] : ["--profile", profile], ...args],
      stdin: "null",
      env: { ...env, NO_COLOR: "1", SUPABASE_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  };
}

/** Runs the CLI with this process's environment. */
export const supabaseCli: SupabaseCli = createSupabaseCli();
