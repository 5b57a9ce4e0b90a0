import { checkDatabase, checkProjectUrl, checkWorkers } from "./checks/database.ts";
import { checkFunctions } from "./checks/functions.ts";
import { checkAuth, checkRealtime, checkStorage } from "./checks/services.ts";
import { checkPages, checkSettingNames } from "./checks/settings.ts";
import { checkWebhook } from "./checks/webhook.ts";
import { failed, type Finding } from "./finding.ts";
import type { Target } from "./target.ts";

/** Checks in the order in which they are shown. The workers come first: the database then knows more. */
const CHECKS: readonly (readonly [
  name: string,
  remedy: string,
  check: (target: Target) => Promise<Finding[]>,
])[] = [
  ["settings", "Check the access token", checkSettingNames],
  ["project_url", "Check the address and the password of the database", checkProjectUrl],
  ["workers", "Check that the migrations are deployed", checkWorkers],
  ["database", "Check that the migrations are deployed", checkDatabase],
  ["functions", "Check the project's URL", checkFunctions],
  ["webhook", "Check the project's URL", checkWebhook],
  ["auth", "Check the project's URL", checkAuth],
  ["storage", "Check the project's URL", checkStorage],
  ["realtime", "Check the project's URL", checkRealtime],
  ["pages", "Check SITE_URL", checkPages],
];

/** Runs every check, one after the other. A check that breaks is a finding and stops no other. */
export async function examine(target: Target): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, remedy, check] of CHECKS) {
    try {
      findings.push(...await check(target));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      findings.push(failed(name, `could not be checked: ${reason}`, remedy));
    }
  }
  return findings;
}
