import { createHash } from "node:crypto";
import { join } from "node:path";
import { isReachableByOthers } from "./unix_user.ts";

/** Directories of Postgres. */
export interface PostgresDirectories {
  /** Binaries and templates. All stacks of a clone share them; they are recreated if missing. */
  readonly engineDir: string;
  /** Data of one stack. */
  readonly dataDir: string;
}

/**
 * Chooses the directories: inside the clone, unless root runs the stack where the unprivileged
 * Postgres user has no access, such as under `/root`.
 */
export async function choosePostgresDirectories(
  { rootDir, stackDir }: { readonly rootDir: string; readonly stackDir: string },
): Promise<PostgresDirectories> {
  const sharedDir = join(rootDir, ".stack");
  await Promise.all([makeReachable(sharedDir), makeReachable(stackDir)]);
  if (Deno.uid() !== 0) {
    return { engineDir: join(sharedDir, "engine"), dataDir: join(stackDir, "postgres") };
  }
  return {
    engineDir: await isReachableByOthers(sharedDir)
      ? join(sharedDir, "engine")
      : "/var/cache/modelpick/engine",
    dataDir: await isReachableByOthers(stackDir) ? join(stackDir, "postgres") : join(
      "/var/lib/modelpick",
      createHash("sha256").update(stackDir).digest("hex").slice(0, 16),
    ),
  };
}

/** Lets other users enter the directory but not list it. Secret files have modes of their own. */
async function makeReachable(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.chmod(directory, 0o711);
}
