import { z } from "zod";
import {
  checkoutEnv,
  stripeEnv,
  stripePageEnv,
} from "../../supabase/functions/_shared/billing/env.ts";
import { chatEnv, queryEnv, tracingEnv } from "../../supabase/functions/_shared/chat/env.ts";
import { emailEnv } from "../../supabase/functions/_shared/email/env.ts";
import { datasetEnv } from "../../supabase/functions/_shared/datasets/limits.ts";
import { providerEnv } from "../../supabase/functions/_shared/models/provider_env.ts";
import { PROVIDERS, variablesOf } from "../../supabase/functions/_shared/models/providers.ts";
import {
  EnvError,
  memberEnv,
  parseEnv,
  siteEnv,
  workerEnv,
} from "../../supabase/functions/_shared/platform/env.ts";
import { isPrivateUrl } from "../../supabase/functions/_shared/platform/private_url.ts";
import { failed, type Finding, ok, warning } from "../doctor/finding.ts";

/** Variables by name. */
export type Settings = Readonly<Record<string, string>>;

/** Settings that every hosted project needs, with what does not work without them. */
const REQUIRED: readonly (readonly [name: string, why: string])[] = [
  ["SITE_URL", "report links, pay pages and e-mails lead to it"],
  ["STRIPE_SECRET_KEY", "checkout cannot open pay pages"],
  ["STRIPE_WEBHOOK_SECRET", "payments are refused, so no report is ever run"],
  ["RESEND_API_KEY", "customers get no report and cannot confirm their address"],
  ["EMAIL_FROM", "Resend sends from domains that you have verified only"],
];

/** Settings that mean something to the local stack only. */
const LOCAL_ONLY = /^DEBUG_MOCK_/;

/** Checks what the Supabase CLI needs: a project and a token. */
export function checkCredentials(project: string, credentials: Settings): Finding[] {
  const findings: Finding[] = [];
  if (!/^[a-z]{20}$/.test(project)) {
    findings.push(failed(
      "project",
      project === "" ? "no project is named" : `${project} is no project's reference`,
      "Pass --project with the 20 letters in the address of the project's dashboard",
    ));
  }
  if ((credentials.SUPABASE_ACCESS_TOKEN ?? "") === "") {
    findings.push(failed(
      "token",
      "SUPABASE_ACCESS_TOKEN is not set",
      "Create one at supabase.com/dashboard/account/tokens",
    ));
  }
  return findings;
}

/** Returns a finding for each setting that a project needs and does not have. */
export function findMissingSettings(names: ReadonlySet<string>): Finding[] {
  // Another service in Resend's place takes every sender.
  const isNeeded = (name: string) => name !== "EMAIL_FROM" || !names.has("RESEND_BASE_URL");
  const missing = REQUIRED.filter(([name]) => isNeeded(name) && !names.has(name))
    .map(([name, why]) =>
      failed("settings", `${name} is not set: ${why}`, "Set it and run deno task deploy again")
    );
  const keys = PROVIDERS.map(({ name, isKeyless }) =>
    isKeyless ? variablesOf(name).baseUrl : variablesOf(name).apiKey
  );
  if (!keys.some((key) => names.has(key))) {
    missing.push(failed(
      "settings",
      "no provider has a key: no model can be run",
      "Set one, such as OPENROUTER_API_KEY, and run deno task deploy again",
    ));
  }
  return missing;
}

/** Checks settings before anything is deployed: what is missing, what is wrong, what is only local. */
export function checkSettings(settings: Settings): Finding[] {
  const names = new Set(
    Object.entries(settings).flatMap(([name, value]) => value.trim() === "" ? [] : [name]),
  );
  const findings = findMissingSettings(names);
  const fail = (finding: string, remedy: string) =>
    findings.push(failed("settings", finding, remedy));
  const warn = (finding: string, remedy: string) =>
    findings.push(warning("settings", finding, remedy));

  try {
    // SITE_URL is among the required ones, and named there if it is missing.
    const schema = z.object({
      ...{ ...siteEnv, ...memberEnv, ...stripeEnv, ...checkoutEnv, ...workerEnv, ...datasetEnv },
      ...{ ...stripePageEnv, ...emailEnv, ...providerEnv, ...chatEnv, ...queryEnv, ...tracingEnv },
    }).partial({ SITE_URL: true, STRIPE_SECRET_KEY: true });
    const { SITE_URL: site, CHAT_PROVIDER: chat } = parseEnv(schema, settings);
    if (site !== undefined && !site.startsWith("https://")) {
      fail(`SITE_URL is ${site}: it must begin with https://`, "Set the address of your pages");
    }
    if (!names.has(variablesOf(chat).apiKey) && !names.has(variablesOf(chat).baseUrl)) {
      warn(
        `${variablesOf(chat).apiKey} is not set: the chat answers no question`,
        "Set it, or name a provider that has a key as CHAT_PROVIDER",
      );
    }
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    fail(error.message, "See the table of settings in docs/deploy.md");
  }
  const stripeKey = settings.STRIPE_SECRET_KEY ?? "";
  if (names.has("STRIPE_SECRET_KEY") && !/^[sr]k_(test|live)_/.test(stripeKey)) {
    fail("STRIPE_SECRET_KEY is no secret key", "Copy the key that begins with sk_ or rk_");
  } else if (/^[sr]k_test_/.test(stripeKey)) {
    warn("STRIPE_SECRET_KEY is a test key: nobody pays", "Use the live key when you open for sale");
  }
  if (names.has("STRIPE_WEBHOOK_SECRET") && !settings.STRIPE_WEBHOOK_SECRET?.startsWith("whsec_")) {
    fail(
      "STRIPE_WEBHOOK_SECRET is no signing secret",
      "Copy the endpoint's signing secret, which begins with whsec_",
    );
  }
  if (names.has("EMAIL_FROM") && parseSender(settings.EMAIL_FROM ?? "") === null) {
    fail("EMAIL_FROM is no sender", "Write it as Reports <reports@example.com>");
  }
  for (const name of [...names].filter((name) => LOCAL_ONLY.test(name))) {
    fail(`${name} is for the local stack only`, "Remove it from the settings that you deploy");
  }
  for (const [name, value] of Object.entries(settings)) {
    if (/^https?:/.test(value) && URL.canParse(value) && isPrivateUrl(value)) {
      fail(`${name} is ${value}: only your own network reaches it`, "Set a public address");
    }
    if (/['"`]/.test(value) && ["'", '"', "`"].every((quote) => value.includes(quote))) {
      fail(`${name} contains all three kinds of quotes`, "Set this one in the dashboard");
    }
  }
  return findings.length > 0 ? findings : [ok("settings", "everything that is needed is set")];
}

/** Splits `Reports <reports@example.com>` or a bare address. Returns null if it is neither. */
export function parseSender(
  text: string,
): { readonly name: string; readonly address: string } | null {
  const [, name = "", inBrackets, bare] =
    /^\s*(?:([^<>]*?)\s*<([^<>]+)>|([^<>]+?))\s*$/.exec(text) ?? [];
  const address = z.email().safeParse((inBrackets ?? bare ?? "").trim());
  if (!address.success) return null;
  const unquoted = name.replace(/^"(.*)"$/, "$1");
  return { name: unquoted === "" ? "ModelPick" : unquoted, address: address.data };
}

/** Writes settings as a `.env` file that the CLI reads back unchanged. */
export function formatEnvFile(settings: Settings): string {
  return Object.entries(settings).map(([name, value]) => {
    // Single quotes keep everything as it is; within double ones \n is a new line.
    const quote = ["'", "`", '"'].find((mark) => !value.includes(mark)) ?? "'";
    return `${name}=${quote}${value}${quote}\n`;
  }).join("");
}
