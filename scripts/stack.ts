/**
 * Starts, stops and resets the local stack.
 *
 *     deno task start | stop | status | reset
 */
import { join } from "node:path";
import { Command } from "commander";
import { type ConfigOverrides, loadConfig, portsFrom } from "./stack/config.ts";
import { removeData, startDetached, stopDetached } from "./stack/control.ts";
import { writeEnvLocal } from "./stack/write_env_local.ts";
import { findRunningStack } from "./stack/state_file.ts";
import { renderStatus } from "./stack/render_status.ts";
import { addStackDir, messageOf, runProgram, type StackOptions } from "./support/command.ts";
import { wrap } from "./support/terminal.ts";

interface Options extends StackOptions {
  readonly portBase?: string;
  readonly env?: boolean;
  readonly limits?: string;
}

function toOverrides({ stackDir, portBase }: Options): ConfigOverrides {
  return {
    stackDir,
    ...portBase === undefined ? {} : { ports: portsFrom(Number(portBase)) },
  };
}

const program = new Command("stack").description(
  "Manage the local stack, which has the services of a hosted project.",
);

function addCommand(name: string, description: string): Command {
  return addStackDir(program.command(name).description(description))
    .option("--port-base <number>", "first of the stack's ports; for a second stack");
}

addCommand("start", "start the stack if it is not running")
  .option("--env", "also write addresses and keys to .env.local")
  .option("--limits <setting>", "hosted's limits: on (default), off, or a factor for CPU time")
  .action(async (options: Options) => {
    const begun = performance.now();
    const overrides = toOverrides(options);
    const settings = options.limits === undefined ? {} : { STACK_LIMITS: options.limits };
    const { state, wasRunning } = await startDetached(overrides, settings);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(wasRunning ? "The stack is already running.\n" : `Started in ${seconds} s.\n`);
    console.log(renderStatus(state));
    if (options.env) {
      const file = join((await loadConfig(overrides)).rootDir, ".env.local");
      await writeEnvLocal(file, state);
      console.log(`\nWrote ${file}`);
    }
  });

addCommand("stop", "stop the stack and keep its data")
  .action(async (options: Options) => {
    const wasRunning = await stopDetached(toOverrides(options));
    console.log(wasRunning ? "The stack was stopped." : "No stack is running.");
  });

addCommand("status", "print addresses and keys; exits 1 if the stack is not running")
  .action(async (options: Options) => {
    const { stackDir } = await loadConfig(toOverrides(options));
    const state = await findRunningStack(stackDir);
    console.log(state === undefined ? "No stack is running." : renderStatus(state));
    if (state === undefined) Deno.exitCode = 1;
  });

addCommand("reset", "delete database and files; restarts a running stack")
  .action(async (options: Options) => {
    const overrides = toOverrides(options);
    const before = await findRunningStack((await loadConfig(overrides)).stackDir);
    const wasRunning = await stopDetached(overrides);
    await removeData(overrides);
    if (wasRunning) {
      const ports = overrides.ports ?? before?.ports ?? {};
      await startDetached({ ...overrides, ports }, before?.settings);
    }
    console.log(
      wasRunning ? "All data was deleted and the stack restarted." : "All data was deleted.",
    );
  });

await runProgram(program, (error) => wrap(messageOf(error)));
