/**
 * Checks that a project works: workers, cron, vault, functions, signatures, Storage, Realtime, settings.
 *
 *     deno task doctor                    the running local stack
 *     deno task doctor --project <ref>    a hosted project; needs SUPABASE_ACCESS_TOKEN
 *
 * Prints a table with what to do. Exits 1 if something does not work.
 */
import { Command } from "commander";
import { readDeploymentInput } from "./deploy/read_settings.ts";
import { examine } from "./doctor/examine.ts";
import { renderFindings } from "./doctor/finding.ts";
import { hostedTarget, localTarget, projectUrlOf } from "./doctor/target.ts";
import {
  addHostedProject,
  addStackDir,
  type ProjectOptions,
  runProgram,
  type StackOptions,
} from "./support/command.ts";
import { createSupabaseCli } from "./support/supabase_cli.ts";
import { print, terminalWidth } from "./support/terminal.ts";

const program = new Command("doctor")
  .description("Check that a project works, and say what to do where it does not.")
  .action(async ({ project, envFile, profile, stackDir }: ProjectOptions & StackOptions) => {
    const open = async () => {
      if (project === undefined) return await localTarget(stackDir);
      const { credentials, settings } = await readDeploymentInput(envFile);
      return await hostedTarget({
        project,
        projectUrl: projectUrlOf(project, credentials),
        cli: createSupabaseCli({ env: credentials, profile }),
        settings,
      });
    };
    await using target = await open();
    print(`Examining ${target.name} at ${target.apiUrl}\n`);
    const findings = await examine(target);
    print(renderFindings(findings, terminalWidth()));
    if (findings.some(({ state }) => state === "failed")) Deno.exitCode = 1;
  });

addHostedProject(program, "a hosted project instead of the local stack");
addStackDir(program);
await runProgram(program);
