/**
 * Checks the files of `supabase/migrations`:
 *
 * 1. No file refers to a table, view, function or domain that a later file creates. Applying the files
 *    does not prove this, because Postgres resolves names in PL/pgSQL only when a function runs.
 * 2. SQL is lowercase and at most 120 columns wide. Only a string literal may be longer.
 * 3. No statement changes or deletes all rows of a table. Hosted projects load `safeupdate` for the
 *    roles of the API, which refuses that also inside functions; the local stack cannot.
 * 4. Once the git tag `v1.0` exists, the files it holds are neither changed nor deleted.
 * 5. Squawk, a linter of migrations, finds nothing: see `supabase/squawk.toml`.
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { z } from "zod";
import { listMigrations } from "../stack/migrate.ts";
import { NPM_PLATFORM, npmExecutable } from "../support/npm_download.ts";

/** File of SQL. */
export interface SqlFile {
  /** File name, such as `20261121100500_create_reports.sql`. */
  readonly name: string;
  readonly text: string;
}

/** One line that breaks a rule. */
export interface Fault {
  readonly file: string;
  /** Line number from 1. */
  readonly line: number;
  readonly message: string;
}

/** Git tag of the first deployed release. From then on a change needs a new file. */
const RELEASE = "v1.0";
const MIGRATIONS = "supabase/migrations";
const MAX_COLUMNS = 120;
const SQUAWK_VERSION = "2.66.0";

const CREATED = new RegExp(
  String.raw`\bcreate\s+(?:or\s+replace\s+)?(?:unlogged\s+|materialized\s+)?` +
    String.raw`(?:table|view|function|procedure|domain|type|sequence)\s+(?:if\s+not\s+exists\s+)?` +
    String.raw`((?:public|private|chat)\.\w+)`,
  "g",
);

/** Pattern of a comment or a literal. Bodies between dollar signs contain SQL and do not match. */
const COMMENT_OR_LITERAL = /--[^\n]*|'(?:[^']|'')*'|"[^"]*"/g;

/** Returns a line of text for every fault of the migrations. */
export async function checkMigrations(): Promise<string[]> {
  const paths = (await listMigrations(MIGRATIONS)).map(({ file }) => file);
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), text: await Deno.readTextFile(path) })),
  );
  const faults = [
    ...findForwardReferences(files),
    ...files.flatMap(findStyleFaults),
    ...files.flatMap(findUnfiltered),
    ...findEdits(await listReleased(), files),
    ...await lint(paths),
  ];
  return faults.map(({ file, line, message }) => `${MIGRATIONS}/${file}:${line}: ${message}`);
}

/**
 * Returns the references to an object of the schemas public, private and chat in a file before the
 * one that first creates it. Literals count, since they hold the commands of cron jobs.
 *
 * @param files in the order in which they are applied
 */
export function findForwardReferences(files: readonly SqlFile[]): Fault[] {
  const texts = files.map(({ name, text }) => ({
    name,
    text: text.replace(COMMENT_OR_LITERAL, (token) => token.startsWith("--") ? "" : token),
  }));
  const creators = new Map<string, number>();
  for (const [index, { text }] of texts.entries()) {
    for (const [, object = ""] of text.matchAll(CREATED)) {
      if (!creators.has(object)) creators.set(object, index);
    }
  }
  return texts.flatMap(({ name, text }, index) =>
    [...text.matchAll(/\b(?:public|private|chat)\.\w+/g)].flatMap(({ 0: object, index: at }) => {
      const creator = creators.get(object) ?? index;
      if (creator <= index) return [];
      const line = text.slice(0, at).split("\n").length;
      return [{
        file: name,
        line,
        message: `refers to ${object}, which ${files[creator]?.name} creates`,
      }];
    })
  );
}

/** Returns the lines that are not lowercase or too long, apart from their literals. */
export function findStyleFaults({ name, text }: SqlFile): Fault[] {
  const keepNewlines = (token: string) => token.replace(/[^\n]/g, "");
  const code = text.replace(COMMENT_OR_LITERAL, keepNewlines).split("\n");
  const written = text.replace(
    COMMENT_OR_LITERAL,
    (token) => token.startsWith("--") ? token : keepNewlines(token),
  ).split("\n");
  return code.flatMap((line, index) => {
    const [upper] = /\w*[A-Z]\w*/.exec(line) ?? [];
    const messages = [
      ...upper === undefined ? [] : [`${upper} is not lowercase`],
      ...(written[index] ?? "").length > MAX_COLUMNS
        ? [`is wider than ${MAX_COLUMNS} columns`]
        : [],
    ];
    return messages.map((message) => ({ file: name, line: index + 1, message }));
  });
}

/** Start of a statement that changes or deletes rows. `do update` of an insertion is none. */
const CHANGING =
  /(?<!\bdo\s+)\bupdate\s+(?:only\s+)?[\w.]+(?:\s+as)?(?:\s+\w+)?\s+set\b|\bdelete\s+from\b/g;

/** Returns the updates and deletions without `where`. Those in functions and literals count. */
export function findUnfiltered({ name, text }: SqlFile): Fault[] {
  const code = text.replace(/--[^\n]*/g, "");
  return [...code.matchAll(CHANGING)].flatMap(({ 0: start, index }) => {
    if (hasWhere(code.slice(index + start.length))) return [];
    const line = code.slice(0, index).split("\n").length;
    const message = `${
      start.split(/\s/, 1)[0]
    } without where: hosted refuses it in calls of the API`;
    return [{ file: name, line, message }];
  });
}

/** Tells whether a statement has `where` outside of brackets before it ends. */
function hasWhere(rest: string): boolean {
  let depth = 0;
  for (const [token] of rest.matchAll(/[();]|\$\$|\bwhere\b/g)) {
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (depth === 0) return token === "where";
    if (depth < 0) return false;
  }
  return false;
}

/**
 * Returns the released files that have been changed or deleted.
 *
 * @param released SHA-1 of the blob by file name, as Git lists them.
 */
export function findEdits(
  released: ReadonlyMap<string, string>,
  files: readonly SqlFile[],
): Fault[] {
  const present = new Map(files.map(({ name, text }) => [name, gitHash(text)]));
  return [...released].flatMap(([file, hash]) => {
    const current = present.get(file);
    if (current === hash) return [];
    const deed = current === undefined ? "deleted" : "changed";
    return [{
      file,
      line: 1,
      message: `was ${deed} after ${RELEASE} was released: write another migration instead`,
    }];
  });
}

/** Returns the SHA-1 under which Git stores a text. */
function gitHash(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Lists the released migrations with the hashes of their blobs; empty before the release. */
async function listReleased(): Promise<Map<string, string>> {
  const git = async (...args: string[]) => {
    const { success, stdout } = await new Deno.Command("git", { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout) : "";
  };
  const tree = await git("ls-tree", `refs/tags/${RELEASE}`, `${MIGRATIONS}/`);
  const blobs = [...tree.matchAll(/ blob (\w+)\t(.*\.sql)$/gm)];
  return new Map(blobs.map(([, hash = "", path = ""]) => [basename(path), hash]));
}

const findingsSchema = z.array(z.object({
  file: z.string(),
  /** Line number from 0. */
  line: z.int(),
  message: z.string(),
  rule_name: z.string(),
}));

/** Runs Squawk on the migrations. */
async function lint(paths: readonly string[]): Promise<Fault[]> {
  const squawk = await npmExecutable(`@squawk-cli/${NPM_PLATFORM}`, SQUAWK_VERSION, "bin/squawk");
  const { stdout, stderr } = await new Deno.Command(squawk, {
    args: ["--config", "supabase/squawk.toml", "--reporter", "json", ...paths],
  }).output();
  const text = new TextDecoder();
  if (stdout.length === 0) throw new Error(`squawk failed: ${text.decode(stderr)}`);
  return findingsSchema.parse(JSON.parse(text.decode(stdout)))
    // Squawk cannot parse an operator class with a schema. Tests let Postgres parse every file.
    .filter(({ rule_name }) => rule_name !== "syntax-error")
    .map(({ file, line, message, rule_name }) => ({
      file: basename(file),
      line: line + 1,
      message: `${rule_name}: ${message}`,
    }));
}
