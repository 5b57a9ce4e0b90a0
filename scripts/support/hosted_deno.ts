import { npmExecutable } from "./npm_executable.ts";
import { npmFile } from "./npm_file.ts";

/** The Deno that hosted Supabase ran in 2026, and the tests that have to pass on it too. */
export interface HostedDeno {
  readonly version: string;
  /** Its executable. */
  readonly path: string;
  /**
   * Folders and options for `deno test`: what touches neither the network nor the machine, but for
   * one file, the SQL parser's WASM.
   */
  readonly pureTests: readonly string[];
}

const VERSION = "2.1.4";

const PURE_TESTS = [
  ...[
    "benchmark",
    "budget",
    "chat",
    "checkout",
    "compare",
    "datasets",
    "email",
    "http",
    "jobs",
    "models",
    "payments",
    "prompts",
    "report",
    "statistics",
    "tracking",
  ].map((
    domain,
  ) => `supabase/functions/_shared/${domain}`),
  "supabase/functions/_shared/platform/env_test.ts",
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

/** Downloads the executable from npm on the first call. */
export async function hostedDeno(): Promise<HostedDeno> {
  const libc = Deno.build.os === "linux" ? "-glibc" : "";
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const path = await npmExecutable(`@deno/${Deno.build.os}-${arch}${libc}`, VERSION, "deno");
  const wasm = await npmFile("libpg-query", "wasm/libpg-query.wasm");
  return { version: VERSION, path, pureTests: [`--allow-read=${wasm}`, ...PURE_TESTS] };
}
