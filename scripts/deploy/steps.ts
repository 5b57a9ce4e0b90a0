import { examine } from "../doctor/examine.ts";
import { renderFindings } from "../doctor/finding.ts";
import { hostedTarget, type Target } from "../doctor/target.ts";
import { buildApp } from "../app/build_app.ts";
import { buildFunctions } from "../functions/build_functions.ts";
import { literal } from "../support/run_sql.ts";
import type { SupabaseCli } from "../support/supabase_cli.ts";
import { formatEnvFile, parseSender, type Settings } from "./settings.ts";

/** Folder for the built functions. It stays, since their source maps explain logged stack traces. */
const BUILT = "dist";

/** One step of a deployment. Running it again changes nothing if it was done. */
export interface Step {
  readonly name: string;
  /** What it runs, for people: without any secret. */
  readonly shown: string;
  /** @throws {StepError} if it did not work. */
  readonly run: () => Promise<void>;
}

/** Failure of a step. Its message is shown as it is. */
export class StepError extends Error {
  override readonly name = "StepError";
}

/** What to deploy, and to where. */
export interface Deployment {
  /** Reference of the project. */
  readonly project: string;
  readonly projectUrl: string;
  /** Where migrations are pushed: the reference, or a connection string without its password. */
  readonly database: string;
  readonly settings: Settings;
  readonly cli: SupabaseCli;
  /** Folder for the pages. */
  readonly out: string;
  readonly width: number;
  readonly print: (text: string) => void;
}

/** Returns the variables that `config.toml` names in `env()`. */
export function configVariables(
  { projectUrl, settings }: Pick<Deployment, "projectUrl" | "settings">,
): Record<string, string> {
  const sender = parseSender(settings.EMAIL_FROM ?? "");
  const site = (settings.SITE_URL ?? "").replace(/\/+$/, "");
  return {
    PROJECT_URL: projectUrl,
    SITE_URL: site,
    AUTH_REDIRECT_URL: `${site}/**`,
    RESEND_API_KEY: settings.RESEND_API_KEY ?? "",
    EMAIL_FROM_ADDRESS: sender?.address ?? "",
    EMAIL_FROM_NAME: sender?.name ?? "",
  };
}

/**
 * Splits `SUPABASE_DB_URL` into what stands on a command line and the password, which must not: everybody
 * on the machine reads command lines.
 */
export function splitDatabaseUrl(
  url: string,
): { readonly address: string; readonly password: string } {
  const parsed = new URL(url);
  const password = decodeURIComponent(parsed.password);
  parsed.password = "";
  return { address: parsed.href, password };
}

/** Returns the steps of a deployment in their order. */
export function planSteps(deployment: Deployment): Step[] {
  const { project, projectUrl, database, settings, cli, out, width, print } = deployment;
  const supabase = (name: string, args: readonly string[], remote = project): Step => {
    const all = [...args, "--yes", `--remote=${remote}`];
    return {
      name,
      shown: `supabase ${all.join(" ")}`,
      run: async () => {
        const { code, stdout, stderr } = await cli(...all);
        if (code !== 0) throw new StepError(`${stdout}\n${stderr}`.trim());
      },
    };
  };
  const withTarget = async (use: (target: Target) => Promise<void>) => {
    await using target = await hostedTarget({ project, projectUrl, cli, settings });
    await use(target);
  };
  const deployFunctions = ["functions", "deploy", "--use-api", `--workdir=${BUILT}`];
  return [
    supabase("migrations", ["db", "push", "--include-all"], database),
    {
      name: "vault",
      shown: `supabase db query "select private.prepare_vault('${projectUrl}')"`,
      run: () =>
        withTarget(async ({ sql }) => {
          await sql.run(`select private.prepare_vault(${literal(projectUrl)})`);
        }),
    },
    supabase("Auth's settings", ["config", "push"]),
    {
      name: "secrets",
      shown: `supabase secrets set ${Object.keys(settings).join(" ")} --remote=${project}`,
      run: async () => {
        // In a file: everybody on this machine reads the arguments of a command.
        const file = await Deno.makeTempFile({ prefix: "modelpick-secrets-" });
        try {
          await Deno.chmod(file, 0o600);
          await Deno.writeTextFile(file, formatEnvFile(settings));
          await supabase("secrets", ["secrets", "set", "--env-file", file]).run();
        } finally {
          await Deno.remove(file);
        }
      },
    },
    {
      name: "functions",
      shown: `deno task functions:build && supabase ${deployFunctions.join(" ")} --yes` +
        ` --remote=${project}`,
      run: async () => {
        await buildFunctions(BUILT);
        await supabase("functions", deployFunctions).run();
      },
    },
    {
      name: "pages",
      shown: `deno task app:build --api-url ${projectUrl} --key sb_publishable_… --out ${out}`,
      run: () =>
        withTarget(async ({ publishableKey }) => {
          const files = await buildApp({ apiUrl: projectUrl, key: publishableKey, out });
          print(`  ${files} files in ${out}: upload them as the root of ${settings.SITE_URL}`);
        }),
    },
    {
      name: "smoke test",
      shown: `deno task doctor --project ${project}`,
      run: () =>
        withTarget(async (target) => {
          const findings = await examine(target);
          print(renderFindings(findings, width));
          if (findings.some(({ state }) => state === "failed")) {
            throw new StepError("The table above says what does not work and what to do.");
          }
        }),
    },
  ];
}

/**
 * Runs steps one after the other and prints each. Stops at the first that does not work, and says what
 * was done and how to go on.
 *
 * @returns true if all worked.
 */
export async function runSteps(
  steps: readonly Step[],
  print: (text: string) => void,
): Promise<boolean> {
  for (const [index, step] of steps.entries()) {
    print(`● ${step.name} (${index + 1} of ${steps.length})\n  ${step.shown}`);
    try {
      await step.run();
    } catch (error) {
      const names = (list: readonly Step[]) => list.map(({ name }) => name).join(", ") || "nothing";
      print([
        "",
        error instanceof Error ? error.message : String(error),
        "",
        `Stopped at: ${step.name}.`,
        `Done: ${names(steps.slice(0, index))}.`,
        `Not done: ${names(steps.slice(index))}.`,
        "Correct it and run the same command again: what is done changes nothing.",
      ].join("\n"));
      return false;
    }
  }
  return true;
}
