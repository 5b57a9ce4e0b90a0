/**
 * Deploys to a hosted Supabase project: migrations, vault, Auth's settings, secrets, functions, pages,
 * and then a smoke test.
 *
 *     deno task deploy --project <ref>              settings from .env.production or the shell
 *     deno task deploy --project <ref> --dry-run    prints the commands
 *
 * Exits 1 if a setting is missing, before anything is changed, or if a step did not work.
 */
import { Command } from "commander";
import { checkConfig } from "./deploy/check_config.ts";
import { readDeploymentInput } from "./deploy/read_settings.ts";
import { checkCredentials, checkSettings } from "./deploy/settings.ts";
import { configVariables, planSteps, runSteps, splitDatabaseUrl } from "./deploy/steps.ts";
import { renderFindings } from "./doctor/finding.ts";
import { projectUrlOf } from "./doctor/target.ts";
import { addHostedProject, type ProjectOptions, runProgram } from "./support/command.ts";
import { createSupabaseCli } from "./support/supabase_cli.ts";
import { terminalWidth } from "./support/terminal.ts";

interface Options extends ProjectOptions {
  readonly out: string;
  readonly dryRun?: true;
}

const CONFIG = new URL("../supabase/config.toml", import.meta.url);

const program = new Command("deploy")
  .description("Deploy everything to a hosted Supabase project and check that it works.")
  .option("--out <folder>", "folder to write the pages to", "dist/app")
  .option("--dry-run", "check the settings and print the commands, but change nothing")
  .action(async ({ project: given, envFile, profile, out, dryRun }: Options) => {
    const { credentials, settings } = await readDeploymentInput(envFile);
    const project = given ?? credentials.SUPABASE_PROJECT_REF ?? "";
    const width = terminalWidth();
    const findings = [
      ...checkCredentials(project, credentials),
      ...checkConfig(await Deno.readTextFile(CONFIG)),
      ...checkSettings(settings),
    ];
    console.log(`${renderFindings(findings, width)}\n`);
    if (findings.some(({ state }) => state === "failed")) {
      console.log("Nothing was changed. Correct what failed and run the same command again.");
      Deno.exitCode = 1;
      return;
    }
    const projectUrl = projectUrlOf(project, credentials);
    const { SUPABASE_DB_URL: databaseUrl, ...others } = credentials;
    const database = databaseUrl === undefined ? null : splitDatabaseUrl(databaseUrl);
    const env = {
      ...others,
      ...database === null ? {} : { PGPASSWORD: database.password },
      ...configVariables({ projectUrl, settings }),
    };
    const cli = createSupabaseCli({ env, profile });
    const print = (text: string) => console.log(text);
    const steps = planSteps({
      ...{ project, projectUrl, settings, cli, out, width, print },
      database: database?.address ?? project,
    });
    if (dryRun) {
      for (const step of steps) console.log(`${step.name}\n  ${step.shown}`);
      return;
    }
    if (await runSteps(steps, print)) console.log(`\n${projectUrl} is deployed and works.`);
    else Deno.exitCode = 1;
  });

addHostedProject(program, "the project's reference; default SUPABASE_PROJECT_REF");
await runProgram(program);
