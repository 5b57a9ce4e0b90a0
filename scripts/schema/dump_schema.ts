import { join } from "node:path";
import { z } from "zod";
import { supabaseCli } from "../support/supabase_cli.ts";

const manifestSchema = z.object({ loadOrder: z.array(z.string()) });

const HEADER =
  `-- What the migrations make, written by \`deno task schema\`. Not applied: for reading and reviews.
-- One section an object, each after what it needs. Roles, buckets and rows are not part of it.
`;

/**
 * Statements that say nothing about the project: rights of its owner, and comments on extensions,
 * some of which are replaced locally.
 */
const NOISE = /^(?:(?:GRANT|REVOKE) [^;]*(?:TO|FROM) "postgres"|COMMENT ON EXTENSION .*);\n*/gm;

/**
 * Returns the schema of a database as SQL: the project's own objects, its grants, policies and
 * comments, its cron jobs, and its additions to the platform's tables. The same schema always gives
 * the same text.
 */
export async function dumpSchema(url: string): Promise<string> {
  const directory = await Deno.makeTempDir();
  try {
    // `supabase db dump` runs pg_dump in Docker. This command reads the catalog itself.
    const { code, stderr } = await supabaseCli(
      ...["db", "schema", "declarative", "generate", "--experimental", "--yes", "--overwrite"],
      ...["--output-dir", directory, `--remote=${url}?sslmode=disable`],
    );
    if (code !== 0) throw new Error(`supabase db schema declarative generate failed: ${stderr}`);
    const manifest = await Deno.readTextFile(join(directory, ".pgdelta-export.json"));
    const { loadOrder } = manifestSchema.parse(JSON.parse(manifest));
    const sections = await Promise.all(loadOrder.map(async (path) => {
      const text = await Deno.readTextFile(join(directory, path));
      return `-- ${path}\n${text.replace(NOISE, "").trim()}\n`;
    }));
    return [HEADER, ...sections].join("\n");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
