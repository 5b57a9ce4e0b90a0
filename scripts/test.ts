/**
 * Runs every test and ends with one line, `N passed, N failed`.
 *
 * 1. All tests on this Deno: units, functions, the stack, the whole flow, pgTAP.
 * 2. The pure parts of the functions once more on Deno 2.1.4, the hosted runtime's version.
 *
 * `deno task test [path …]` runs only those files of part 1.
 */
import { hostedDeno } from "./hosted_deno.ts";

interface Tally {
  passed: number;
  failed: number;
  ignored: number;
}

/** Reads the counts of `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
export function readSummary(output: string): Tally | undefined {
  const line = output.split("\n").findLast((text) => /\| \d+ passed.*\| \d+ failed/.test(text));
  if (line === undefined) return undefined;
  const count = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(line)?.[1] ?? 0);
  return { passed: count("passed"), failed: count("failed"), ignored: count("ignored") };
}

/** An older Deno does not know the variable in which a newer one finds a network's own authority. */
const AUTHORITY = Deno.env.get("DENO_CERT") ?? Deno.env.get("NODE_EXTRA_CA_CERTS");

/** Runs one `deno test`, shows its output as it comes, and returns its counts. */
async function runTests(deno: string, args: string[]): Promise<Tally> {
  const child = new Deno.Command(deno, {
    args: ["test", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1", ...AUTHORITY === undefined ? {} : { DENO_CERT: AUTHORITY } },
  }).spawn();
  const decoder = new TextDecoder();
  let tail = "";
  for await (const chunk of child.stdout) {
    await Deno.stdout.write(chunk);
    tail = (tail + decoder.decode(chunk, { stream: true })).slice(-4_000);
  }
  const { code } = await child.status;
  const tally = readSummary(tail) ?? { passed: 0, failed: 1, ignored: 0 };
  // A file that does not even load fails the run without a failed test.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

if (import.meta.main) {
  const paths = Deno.args;
  const tallies = [await runTests(Deno.execPath(), ["-A", "--no-check", "--parallel", ...paths])];
  if (paths.length === 0) {
    const hosted = await hostedDeno();
    const { version } = hosted;
    console.log(`\nThe functions' pure parts on Deno ${version}`);
    tallies.push(
      await runTests(hosted.path, ["--no-check", "--no-lock", ...hosted.pureTests]),
    );
  }
  const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
  const skipped = sum("ignored") > 0 ? `, ${sum("ignored")} skipped` : "";
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
  Deno.exit(sum("failed") === 0 ? 0 : 1);
}
