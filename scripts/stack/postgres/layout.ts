import { createHash } from "node:crypto";
import { join } from "node:path";
import { isReachableByOthers } from "./unprivileged.ts";

/** Where Postgres's files lie. */
export interface PostgresLayout {
  /** Binaries and templates: the same for every stack of a clone, made again when missing. */
  readonly engineDir: string;
  /** The data of one stack. */
  readonly dataDir: string;
}

/**
 * Chooses the directories: inside the clone, unless root works in one that the unprivileged user
 * which Postgres runs as cannot reach, such as one under `/root`.
 */
export async function choosePostgresLayout(
  { rootDir, stackDir }: { readonly rootDir: string; readonly stackDir: string },
): Promise<PostgresLayout> {
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

/** Lets others pass through, not look around. What is secret inside has a mode of its own. */
async function makeReachable(directory: string): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  await Deno.chmod(directory, 0o711);
}
