import type { Command } from "commander";
import { printError } from "./terminal.ts";

/** Options of {@link addStackDir}. */
export interface StackOptions {
  readonly stackDir: string;
}

/** Options of {@link addHostedProject}. */
export interface ProjectOptions {
  readonly project?: string;
  readonly envFile: string;
  readonly profile?: string;
}

/** Adds the option that names a local stack. */
export function addStackDir(command: Command): Command {
  return command.option("--stack-dir <directory>", "folder with the local stack's data", ".stack");
}

/**
 * Adds the options that name a hosted project.
 *
 * @param meaning what is done if `--project` is or is not given.
 */
export function addHostedProject(command: Command, meaning: string): Command {
  return command
    .option("--project <ref>", meaning)
    .option("--env-file <file>", "file with settings and credentials", ".env.production")
    .option("--profile <file>", "addresses of another Supabase than supabase.com");
}

/** Returns the message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs a program with this process's arguments. If it throws, prints why and exits 1.
 *
 * @param explain returns the text to print for an error; by default its message.
 */
export async function runProgram(
  program: Command,
  explain: (error: unknown) => string = messageOf,
): Promise<void> {
  try {
    await program.parseAsync(Deno.args, { from: "user" });
  } catch (error) {
    printError(explain(error));
    Deno.exit(1);
  }
}
