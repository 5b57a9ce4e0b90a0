import "@electric-sql/pglite-pgtap";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parseTarGzip } from "nanotar";
import postgres from "postgres";

/** One assertion of a pgTAP file. */
export interface TapResult {
  readonly ok: boolean;
  /** The assertion's name, then what pgTAP says of a failure. */
  readonly text: string;
}

/** Puts pgTAP, which is SQL alone, into a schema of its own that every role may use. */
export async function installPgTap(adminUrl: string): Promise<void> {
  const archive = join(
    dirname(createRequire(import.meta.url).resolve("@electric-sql/pglite-pgtap")),
    "pgtap.tar.gz",
  );
  const files = await parseTarGzip(await Deno.readFile(archive));
  const script = files.find(({ name }) => /\/pgtap--\d+\.\d+\.\d+\.sql$/.test(name))?.text;
  if (script === undefined) throw new Error(`${archive} holds no pgTAP`);
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    // Lines with a backslash are for psql.
    await sql.unsafe(`create schema tap; set search_path = tap, public;
      ${script.replaceAll(/^\\.*$/gm, "")};
      grant usage on schema tap to public;
      grant execute on all functions in schema tap to public`);
  } finally {
    await sql.end();
  }
}

/**
 * Runs a pgTAP file as role `postgres`.
 *
 * @throws where the number of assertions is not the one that the file planned.
 */
export async function runPgTap(dbUrl: string, file: string): Promise<TapResult[]> {
  const sql = postgres(dbUrl, {
    max: 1,
    onnotice: () => {},
    connection: { search_path: '"$user", public, tap' },
  });
  try {
    const outputs: unknown = await sql.unsafe(await Deno.readTextFile(file)).simple();
    const lines = (Array.isArray(outputs) ? outputs.flat() : [])
      .flatMap((row) => Object.values(row))
      .filter((value) => typeof value === "string");
    const planned = lines.map((line) => /^1\.\.(\d+)/.exec(line)?.[1]).find(Boolean);
    const results = lines
      .filter((line) => /^(not )?ok \d+/.test(line))
      .map((text) => ({ ok: text.startsWith("ok"), text }));
    if (results.length !== Number(planned)) {
      throw new Error(`planned ${planned ?? "nothing"}, ran ${results.length}`);
    }
    return results;
  } finally {
    await sql.end();
  }
}
