/**
 * Generates `supabase/schema.sql`, `supabase/database.types.ts` and `docs/schema.md` from the
 * migrations. A test fails while one of them is out of date.
 *
 *     deno task schema
 */
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { describeTables } from "./schema/describe_tables.ts";
import { dumpSchema } from "./schema/dump_schema.ts";
import { generateTypes } from "./schema/generate_types.ts";
import { startTestDatabase } from "./testing/database.ts";

/**
 * Returns the files that are generated from the schema, by their path in the repository.
 *
 * @param url connection string of a database with the migrations applied.
 */
export async function renderSchema(url: string): Promise<Map<string, string>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return new Map([
      ["supabase/schema.sql", await dumpSchema(url)],
      ["supabase/database.types.ts", await format("ts", await generateTypes(url))],
      ["docs/schema.md", await format("md", await describeTables(sql))],
    ]);
  } finally {
    await sql.end();
  }
}

/** Formats a text with `deno fmt`. */
async function format(extension: string, text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", extension, "-"],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await new Blob([text]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await output;
  const decoder = new TextDecoder();
  if (!success) throw new Error(`deno fmt failed: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

if (import.meta.main) {
  await using database = await startTestDatabase();
  for (const [path, text] of await renderSchema(database.url)) {
    await Deno.writeTextFile(new URL(`../${path}`, import.meta.url), text);
    console.log(`wrote ${path}`);
  }
}
