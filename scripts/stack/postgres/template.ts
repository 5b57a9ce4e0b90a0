import { join } from "node:path";
import { exists, moveIntoPlace, type PostgresBinaries } from "./binaries.ts";
import { runTool } from "./run_tool.ts";
import { makeOwnedDirectory, type UnixUser } from "./unix_user.ts";

/** Name of the superuser, as on hosted Supabase. */
export const ADMIN = "supabase_admin";

const HBA = `# Passwords for everybody: other users of the machine can connect to its loopback too.
host all all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;

/** Name of the template with the roles and schemas of a new project. */
const BASE = "base";

/** Age in milliseconds at which a template that is not used any more is removed. */
const MAX_AGE_MS = 24 * 3_600_000;

/** Returns the folder of all templates. They belong to the user that Postgres runs as. */
export function templatesDirectory(
  engineDir: string,
  binaries: PostgresBinaries,
  user: UnixUser | undefined,
): string {
  return join(engineDir, binaries.key, `templates-${user?.uid ?? Deno.uid()}`);
}

/** Removes templates of other names that are a day old, and drafts that were never finished. */
export async function removeOldTemplates(templates: string, name: string): Promise<void> {
  for await (const entry of Deno.readDir(templates)) {
    if (entry.name === BASE || entry.name === name) continue;
    const path = join(templates, entry.name);
    const { mtime } = await Deno.stat(path);
    if (mtime !== null && Date.now() - mtime.getTime() > MAX_AGE_MS) {
      await Deno.remove(path, { recursive: true });
    }
  }
}

/**
 * Returns the data directory of a stopped cluster with the roles and schemas of a new project.
 * Creating it takes one to two seconds; copying it takes a tenth of that.
 */
export async function prepareTemplate(
  engineDir: string,
  binaries: PostgresBinaries,
  user: UnixUser | undefined,
): Promise<string> {
  const templates = templatesDirectory(engineDir, binaries, user);
  const template = join(templates, BASE);
  if (await exists(template)) return template;

  await makeOwnedDirectory(templates, user);
  const draft = join(templates, `draft-${crypto.randomUUID()}`);
  await runTool(binaries.initdb, [
    ...["-D", draft, "-U", ADMIN, "-A", "trust", "-E", "UTF8", "--no-sync"],
    ...["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"],
  ], user);
  await Deno.writeTextFile(join(draft, "pg_hba.conf"), HBA);
  await runSql(binaries, draft, user, await readSql("bootstrap.sql"));
  await runSql(binaries, draft, user, await readSql("auth_helpers.sql"));
  await moveIntoPlace(draft, template);
  return template;
}

/** Runs SQL as the superuser in a stopped cluster, in one transaction and without opening a port. */
export async function runSql(
  binaries: PostgresBinaries,
  dataDir: string,
  user: UnixUser | undefined,
  sql: string,
): Promise<void> {
  // With -j an empty line after a semicolon ends a command. Without empty lines the whole text is one
  // command.
  const command = sql.replaceAll(/\n{2,}/g, "\n") + "\n\n";
  await runTool(
    binaries.postgres,
    [
      ...["--single", "-j", "-D", dataDir, "-c", "exit_on_error=on"],
      ...["-c", "log_min_messages=error", "-c", "fsync=off", "postgres"],
    ],
    user,
    command,
  );
}

function readSql(name: string): Promise<string> {
  return Deno.readTextFile(join(import.meta.dirname ?? ".", name));
}
