/** Returns the command line of a running process; undefined if there is no such process. */
export async function commandOf(pid: number): Promise<string | undefined> {
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", {
      args: ["-ww", "-o", "command=", "-p", String(pid)],
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim() || undefined;
  }
  try {
    // A zombie's command line is empty.
    const text = await Deno.readTextFile(`/proc/${pid}/cmdline`);
    return text.replaceAll("\0", " ").trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Sends a signal to a process. Does nothing if the process has ended. */
export function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // Deno reports ESRCH as NotFound, or as a TypeError for its own child process.
    if (!(error instanceof Deno.errors.NotFound || error instanceof TypeError)) throw error;
  }
}

/** Polls `isDone` every 20 ms. Returns `false` if it is not true by the deadline. */
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
