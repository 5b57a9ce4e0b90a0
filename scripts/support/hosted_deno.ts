import { NPM_PLATFORM, npmExecutable } from "./npm_download.ts";
import { npmFile } from "./npm_file.ts";

/** Deno version that hosted Supabase ran in 2026, and the tests that must pass on it too. */
export interface HostedDeno {
  readonly version: string;
  /** Path of its executable. */
  readonly path: string;
  /**
   * Arguments for `deno test`: tests that read only the repository and the SQL parser's WASM. Tests over
   * HTTP end in `_http_test.ts`, tests with a database in `_db_test.ts`.
   */
  readonly pureTests: readonly string[];
}

const VERSION = "2.1.4";

const PURE_TESTS = [
  "supabase/functions/_shared",
  "supabase/functions/benchmark-worker",
  "supabase/functions/chat",
  "supabase/functions/checkout",
  "supabase/functions/datasets",
  "supabase/functions/prompt-runs",
  "supabase/functions/prompt-worker",
  "supabase/functions/report",
  "supabase/functions/rescore-worker",
  "supabase/functions/webhook",
];

/** Returns the hosted version of Deno. Downloads it from npm on the first call. */
export async function hostedDeno(): Promise<HostedDeno> {
  const libc = Deno.build.os === "linux" ? "-glibc" : "";
  const path = await npmExecutable(`@deno/${NPM_PLATFORM}${libc}`, VERSION, "deno");
  const wasm = await npmFile("libpg-query", "wasm/libpg-query.wasm");
  const permissions = [`--allow-read=.,${wasm}`, "--allow-env=FC_RUNS"];
  const options = [...permissions, "--ignore=**/*_http_test.ts,**/*_db_test.ts"];
  return { version: VERSION, path, pureTests: [...options, ...PURE_TESTS] };
}
