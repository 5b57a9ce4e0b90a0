import pLimit from "p-limit";
import { loadConfig } from "../../stack/config.ts";
import { failed, type Finding, ok } from "../finding.ts";
import type { Target } from "../target.ts";

/** Functions that are asked at once: each may start cold. */
const AT_ONCE = 4;
const TIMEOUT_MS = 30_000;

/** Checks that each function is deployed and starts. None of them answers such a request with work. */
export async function checkFunctions({ apiUrl }: Target): Promise<Finding[]> {
  const { functions } = await loadConfig();
  const names = functions.filter(({ enabled }) => enabled).map(({ name }) => name);
  const limit = pLimit(AT_ONCE);
  const problems = await Promise.all(
    names.map((name) => limit(async () => await checkFunction(apiUrl, name))),
  );
  const found = problems.filter((problem) => problem !== null);
  return found.length > 0 ? found : [ok("functions", `${names.length} are deployed and start`)];
}

async function checkFunction(apiUrl: string, name: string): Promise<Finding | null> {
  const response = await fetch(`${apiUrl}/functions/v1/${name}`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  // Refused by the function itself, so it runs: the platform's own refusals are plain JSON.
  const isOurs = response.headers.get("content-type")?.includes("problem+json") === true;
  if (isOurs && response.status < 500) return null;
  if (response.status === 404) {
    return failed("functions", `${name} is not deployed`, "deno task deploy");
  }
  return failed(
    "functions",
    `${name} does not start: status ${response.status}, ${text.slice(0, 200)}`,
    "Read its log: mostly a setting is missing or wrong",
  );
}
