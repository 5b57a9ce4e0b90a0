import { dirname } from "node:path";

/** Unix user that runs Postgres, which refuses to run as root. */
export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/** Returns the user to run Postgres as if this process is root; otherwise undefined. */
export async function unprivilegedUser(): Promise<UnixUser | undefined> {
  if (Deno.uid() !== 0) return undefined;
  // initdb looks the user up by name, so it must be a user of the system.
  const [uid, gid] = await Promise.all([idOfNobody("-u"), idOfNobody("-g")]);
  return { uid, gid };
}

async function idOfNobody(flag: "-u" | "-g"): Promise<number> {
  const { stdout } = await new Deno.Command("id", { args: [flag, "nobody"] }).output();
  // macOS prints -2, which the kernel stores as an unsigned number.
  return Number(new TextDecoder().decode(stdout)) >>> 0;
}

/** Creates a directory, and its parents, that `user` owns. */
export async function makeOwnedDirectory(path: string, user: UnixUser | undefined): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.chmod(path, 0o700);
  if (user) await Deno.chown(path, user.uid, user.gid);
}

/** Returns whether another user can enter `directory`, according to the modes of its parents. */
export async function isReachableByOthers(directory: string): Promise<boolean> {
  let path = await Deno.realPath(directory);
  while (true) {
    const { mode } = await Deno.stat(path);
    if (((mode ?? 0) & 0o001) === 0) return false;
    const parent = dirname(path);
    if (parent === path) return true;
    path = parent;
  }
}
