import { dirname, join } from "node:path";
import { parseTarGzip } from "nanotar";
import postgres from "postgres";
import { npmModule } from "../../scripts/support/npm_download.ts";

/** Not in the import map: the package depends on PGlite, 50 MB, which only its download needs. */
const PGTAP_VERSION = "0.0.15";

/** Result of one assertion in a pgTAP file. */
export interface TapResult {
  readonly ok: boolean;
  /** Name of the assertion, followed by pgTAP's description of a failure. */
  readonly text: string;
}

/** Installs pgTAP, which is plain SQL, in a schema of its own that every role may use. */
export async function installPgTap(adminUrl: string): Promise<void> {
  const archive = join(
    dirname(await npmModule("@electric-sql/pglite-pgtap", PGTAP_VERSION)),
    "pgtap.tar.gz",
  );
  const files = await parseTarGzip(await Deno.readFile(archive));
  const script = files.find(({ name }) => /\/pgtap--\d+\.\d+\.\d+\.sql$/.test(name))?.text;
  if (script === undefined) throw new Error(`${archive} does not contain pgTAP`);
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    // Lines with a backslash are commands of psql.
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
 * @throws {Error} if the number of assertions differs from the plan of the file.
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
      throw new Error(`the file planned ${planned ?? "no"} assertions and ran ${results.length}`);
    }
    return results;
  } finally {
    await sql.end();
  }
}
