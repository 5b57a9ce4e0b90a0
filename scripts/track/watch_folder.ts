/**
 * Yields each changed file of a folder and its subfolders once it has not changed for `settleMs`
 * milliseconds. Ends with the signal.
 */
export async function* watchFolder(
  folder: string,
  settleMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const changed = new Map<string, number>();
  using watcher = Deno.watchFs(folder, { recursive: true });
  const events = watcher[Symbol.asyncIterator]();
  let next = events.next();
  const stopped = new Promise<"stopped">((resolve) =>
    signal.addEventListener("abort", () => resolve("stopped"), { once: true })
  );
  while (!signal.aborted) {
    const due = Math.min(...changed.values());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const settled = new Promise<"settled">((resolve) => {
      if (Number.isFinite(due)) {
        timer = setTimeout(() => resolve("settled"), Math.max(0, due - performance.now()));
      }
    });
    const event = await Promise.race([next, settled, stopped]);
    clearTimeout(timer);
    if (event === "stopped") return;
    if (event === "settled") {
      for (const [path, at] of changed) {
        if (at > performance.now()) continue;
        changed.delete(path);
        if ((await Deno.stat(path).catch(() => null))?.isFile === true) yield path;
      }
      continue;
    }
    if (event.done === true) return;
    if (["create", "modify", "rename"].includes(event.value.kind)) {
      for (const path of event.value.paths) changed.set(path, performance.now() + settleMs);
    }
    next = events.next();
  }
}
