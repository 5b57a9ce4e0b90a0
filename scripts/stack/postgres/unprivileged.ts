import { dirname } from "node:path";

/** The user that Postgres, which refuses to run as root, is run as. */
export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/** Returns whom root drops to for Postgres, or nothing for an ordinary user, who just runs it. */
export async function unprivilegedUser(): Promise<UnixUser | undefined> {
  if (Deno.uid() !== 0) return undefined;
  // initdb looks its user up by name, so that it has to be one of the system's.
  const [uid, gid] = await Promise.all([idOfNobody("-u"), idOfNobody("-g")]);
  return { uid, gid };
}

async function idOfNobody(flag: "-u" | "-g"): Promise<number> {
  const { stdout } = await new Deno.Command("id", { args: [flag, "nobody"] }).output();
  // macOS prints -2, which the kernel keeps as an unsigned number.
  return Number(new TextDecoder().decode(stdout)) >>> 0;
}

/** Makes a directory (its parents too) that `user` owns. */
export async function makeOwnedDirectory(path: string, user: UnixUser | undefined): Promise<void> {
  await Deno.mkdir(path, { recursive: true });
  await Deno.chmod(path, 0o700);
  if (user) await Deno.chown(path, user.uid, user.gid);
}

/** Whether another user can reach what lies in `directory`, as far as the modes of its parents tell. */
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
