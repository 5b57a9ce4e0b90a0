import { z } from "zod";
import { findMissingSettings } from "../../deploy/settings.ts";
import { tryParseJson } from "../../support/try_parse_json.ts";
import { type Finding, ok, warning } from "../finding.ts";
import type { Target } from "../target.ts";

/** Names the settings that the functions lack. */
export function checkSettingNames({ settingNames }: Target): Promise<Finding[]> {
  const missing = findMissingSettings(settingNames);
  return Promise.resolve(
    missing.length > 0 ? missing : [ok("settings", "the functions have all that are needed")],
  );
}

const TIMEOUT_MS = 15_000;
const configSchema = z.object({ apiUrl: z.string() });

/** Checks that the pages at `SITE_URL` are there and call this project. */
export async function checkPages({ apiUrl, settings }: Target): Promise<Finding[]> {
  const site = settings.SITE_URL?.replace(/\/+$/, "");
  if (site === undefined) {
    return [warning("pages", "SITE_URL is not known here", "Set it to have the pages checked")];
  }
  const text = await fetch(`${site}/config.json`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
    .then(async (response) => response.ok ? await response.text() : response.body?.cancel())
    .catch(() => undefined);
  const config = configSchema.safeParse(tryParseJson(text ?? "")).data;
  if (config?.apiUrl === apiUrl) return [ok("pages", `${site} calls this project`)];
  return [warning(
    "pages",
    config === undefined
      ? `${site} has no pages, so report links lead nowhere`
      : `the pages at ${site} call ${config.apiUrl}`,
    "Upload dist/app, which deno task deploy writes, as the root of SITE_URL",
  )];
}
