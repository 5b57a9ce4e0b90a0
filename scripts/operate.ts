/**
 * Does by hand what a project's operator sometimes has to do, and shows the queries of
 * `supabase/snippets`, without typing SQL.
 *
 *     deno task operate show job_queue 3             dead letters of the running local stack
 *     deno task operate --project <ref> resume openrouter
 *
 * Exits 1 if something could not be done.
 */
import { Command } from "commander";
import { readDeploymentInput } from "./deploy/read_settings.ts";
import { ACTIONS } from "./operate/actions.ts";
import { GLOSSARY_ACTIONS } from "./operate/glossary_actions.ts";
import { loadConfig } from "./stack/config.ts";
import { findRunningStack } from "./stack/state_file.ts";
import {
  addHostedProject,
  addStackDir,
  type ProjectOptions,
  runProgram,
  type StackOptions,
} from "./support/command.ts";
import { readSnippet } from "./support/read_snippet.ts";
import { connectByCli, connectByUrl, type SqlRunner } from "./support/run_sql.ts";
import { createSupabaseCli } from "./support/supabase_cli.ts";
import { print, renderTable, terminalWidth } from "./support/terminal.ts";

const SNIPPETS = new URL("../supabase/snippets/", import.meta.url);

const program = new Command("operate").description("Operate a project without typing SQL.");
addHostedProject(program, "a hosted project instead of the local stack");
addStackDir(program);

async function connect(): Promise<SqlRunner> {
  const { project, envFile, profile, stackDir } = program.opts<ProjectOptions & StackOptions>();
  if (project !== undefined) {
    const { credentials } = await readDeploymentInput(envFile);
    return connectByCli(createSupabaseCli({ env: credentials, profile }), project);
  }
  const state = await findRunningStack((await loadConfig({ stackDir })).stackDir);
  if (state !== undefined) return connectByUrl(state.dbUrl);
  throw new Error("No stack is running: deno task start, or name a project with --project.");
}

for (const action of [...ACTIONS, ...GLOSSARY_ACTIONS]) {
  const command = program.command(action.usage).description(action.description);
  command.action(async () => {
    await using sql = await connect();
    print(await action.run(sql, command.args));
  });
}

program.command("show <snippet> [number]")
  .description("run a query of supabase/snippets, such as: show job_queue 3")
  .action(async (name: string, given?: string) => {
    const text = await Deno.readTextFile(new URL(`${name}.sql`, SNIPPETS)).catch(() => null);
    if (text === null) throw new Error(`supabase/snippets has no ${name}.sql`);
    const queries = readSnippet(text);
    const query = queries.find(({ number }) => number === Number(given));
    if (query === undefined) {
      print(queries.map(({ number, title }) => `${number}  ${title}`).join("\n"));
      return;
    }
    await using sql = await connect();
    const rows = await sql.run(query.sql);
    const columns = Object.keys(rows[0] ?? {});
    print(
      rows.length === 0 ? "No rows." : renderTable(
        columns,
        rows.map((row) => columns.map((column) => toCell(row[column]))),
        { width: terminalWidth() },
      ),
    );
  });

function toCell(value: unknown): string | number | null {
  if (value === null || typeof value === "number" || typeof value === "string") return value;
  return value instanceof Date ? value.toISOString() : JSON.stringify(value) ?? null;
}

await runProgram(program);
