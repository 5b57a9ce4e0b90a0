/**
 * Polls `ask` every 50 ms until it returns a value. The deadline only matters on a very busy
 * machine: a passing test never waits for it.
 *
 * @param what event to name in the error message.
 * @throws {Error} when the deadline passes.
 */
export async function waitFor<T>(
  what: string,
  ask: () => Promise<T | undefined | null | false>,
  deadlineMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${deadlineMs} ms for ${what}`);
}
