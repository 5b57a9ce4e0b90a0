/** Returns the command line of a running process, or nothing where there is no such process. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-ww", "-o", "command=", "-p", String(pid)],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim() || undefined;
  }
  try {
    // A zombie's is empty.
    const text = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return text.replaceAll("\0", " ").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // Deno reports ESRCH as NotFound, or as a TypeError where the process was its own child.
    if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
  }
}

/** Looks every 20 ms until `isDone` says so; `false` when it has not by the deadline. */
export async function waitUntil(
  isDone: () => boolean | Promise<boolean>,
  milliseconds: number,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (!await isDone()) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
