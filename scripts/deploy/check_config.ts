import { parse } from "smol-toml";
import { z } from "zod";
import { failed, type Finding } from "../doctor/finding.ts";

const vaultSchema = z.object({
  db: z.object({
    vault: z.object({ project_url: z.string().optional() }).prefault({}),
  }).prefault({}),
});
const configSchema = vaultSchema.extend({
  remotes: z.record(z.string(), vaultSchema.extend({ project_id: z.string() })).default({}),
});

/** A variable, which only whoever deploys to that very project sets. */
const VARIABLE = /^env\(\w+\)$/;

/**
 * Finds addresses in `config.toml` with which a preview branch would call another project's functions.
 *
 * Every branch reads `[db.vault]`, so no address may stand there. `[remotes.<branch>.db.vault]` is read
 * by one branch, so only that branch's own address may.
 */
export function checkConfig(toml: string): Finding[] {
  const { db, remotes } = configSchema.parse(parse(toml));
  const findings: Finding[] = [];
  if (db.vault.project_url !== undefined && !VARIABLE.test(db.vault.project_url)) {
    findings.push(failed(
      "config.toml",
      "[db.vault] project_url is an address: every preview branch would call that project",
      'Write project_url = "env(PROJECT_URL)"',
    ));
  }
  for (const [branch, remote] of Object.entries(remotes)) {
    const url = remote.db.vault.project_url;
    const own = `https://${remote.project_id}.supabase.co`;
    if (url !== undefined && url !== own && !VARIABLE.test(url)) {
      findings.push(failed(
        "config.toml",
        `[remotes.${branch}.db.vault] project_url is ${url}, another project's`,
        `Write project_url = "${own}"`,
      ));
    }
  }
  return findings;
}
