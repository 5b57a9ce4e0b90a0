/**
 * Prints what the functions and the other parts of the stack have logged.
 *
 *     deno task logs [name] [--follow] [--lines <number>] [--stack-dir <directory>]
 *
 * Without a name all functions are shown, in the order of time. A name is that of a function or of
 * another part, such as `postgres`. In a pipe the lines are printed as they are in the file.
 */
import { Command } from "commander";
import { loadConfig } from "./stack/config.ts";
import { followLogs, listLogs, type LogLine, readLastLines, renderLine } from "./logs/log_lines.ts";
import { addStackDir, messageOf, runProgram, type StackOptions } from "./support/command.ts";
import { printData, terminalWidth, wrap } from "./support/terminal.ts";

interface Options extends StackOptions {
  readonly lines: string;
  readonly follow?: boolean;
}

async function showLogs(name: string | undefined, options: Options): Promise<void> {
  const { stackDir } = await loadConfig({ stackDir: options.stackDir });
  const logs = await listLogs(stackDir);
  const chosen = logs.filter((log) => name === undefined ? log.isFunction : log.name === name);
  if (chosen.length === 0) {
    const names = logs.map((log) => log.name).join(", ");
    throw new Error(
      logs.length === 0
        ? `nothing has been logged in ${stackDir}: start the stack`
        : `nothing was logged yet by ${name ?? "any function"}; there are logs of ${names}`,
    );
  }
  const width = Deno.stdout.isTerminal() ? terminalWidth() : undefined;
  const show = (line: LogLine) => printData(renderLine(line, { width, named: name === undefined }));
  const lines = await readLastLines(chosen, Number(options.lines));
  lines.forEach(show);
  if (options.follow === true) await followLogs(chosen, show);
}

const program = addStackDir(new Command("logs"))
  .description("Print what the stack's functions and other parts have logged.")
  .argument("[name]", "a function, or another part such as postgres; without it, all functions")
  .option("-f, --follow", "go on with new lines until interrupted")
  .option("-n, --lines <number>", "lines of the past", "40")
  .action(showLogs);

await runProgram(program, (error) => wrap(messageOf(error)));
