import { join } from "node:path";
import { Command } from "commander";
import { type ConfigOverrides, loadConfig, portsFrom } from "./stack/config.ts";
import { removeData, startDetached, stopDetached } from "./stack/control.ts";
import { writeEnvLocal } from "./stack/env_local.ts";
import { findRunningStack } from "./stack/state.ts";
import { renderStatus } from "./stack/status_block.ts";

interface Options {
  stackDir?: string;
  portBase?: string;
  env?: boolean;
}

function toOverrides({ stackDir, portBase }: Options): ConfigOverrides {
  return {
    ...stackDir === undefined ? {} : { stackDir },
    ...portBase === undefined ? {} : { ports: portsFrom(Number(portBase)) },
  };
}

const program = new Command("stack").description("The local stack: what a hosted project has.");

function addCommand(name: string, description: string): Command {
  return program.command(name).description(description)
    .option("--stack-dir <directory>", "where the stack keeps its data", ".stack")
    .option("--port-base <number>", "first of the ports it takes, for a stack beside another");
}

addCommand("start", "start the stack, or say that it runs")
  .option("--env", "write addresses and keys to .env.local")
  .action(async (options: Options) => {
    const begun = performance.now();
    const overrides = toOverrides(options);
    const { state, wasRunning } = await startDetached(overrides);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    console.log(wasRunning ? "The stack is running already.\n" : `Started in ${seconds} s.\n`);
    console.log(renderStatus(state));
    if (options.env) {
      const file = join((await loadConfig(overrides)).rootDir, ".env.local");
      await writeEnvLocal(file, state);
      console.log(`\nWrote ${file}`);
    }
  });

addCommand("stop", "stop the stack; its data stays")
  .action(async (options: Options) => {
    const wasRunning = await stopDetached(toOverrides(options));
    console.log(wasRunning ? "Stopped." : "No stack is running.");
  });

addCommand("status", "say where the stack is; exit code 1 when it is not running")
  .action(async (options: Options) => {
    const { stackDir } = await loadConfig(toOverrides(options));
    const state = await findRunningStack(stackDir);
    console.log(state === undefined ? "No stack is running." : renderStatus(state));
    if (state === undefined) Deno.exitCode = 1;
  });

addCommand("reset", "empty database and files; a running stack is started again")
  .action(async (options: Options) => {
    const overrides = toOverrides(options);
    const before = await findRunningStack((await loadConfig(overrides)).stackDir);
    const wasRunning = await stopDetached(overrides);
    await removeData(overrides);
    if (wasRunning) {
      const ports = overrides.ports ?? before?.ports ?? {};
      await startDetached({ ...overrides, ports }, before?.settings);
    }
    console.log(wasRunning ? "Emptied and started again." : "Emptied.");
  });

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  Deno.exitCode = 1;
}
