import type { CachedAnswer, CachedCall, PromptRunReader } from "./ports.ts";

interface Waiting {
  readonly call: CachedCall;
  readonly resolve: (answer: CachedAnswer | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Looks calls of one run up together where jobs ask in the same breath: one round trip for all. */
export function gatherLookups(
  lookUp: PromptRunReader["lookUpCached"],
): (runId: string, call: CachedCall) => Promise<CachedAnswer | null> {
  const gathered = new Map<string, Waiting[]>();
  const send = async (runId: string) => {
    const waiting = gathered.get(runId) ?? [];
    gathered.delete(runId);
    try {
      const found = await lookUp(runId, waiting.map(({ call }) => call));
      const byCall = new Map(found.map((answer) => [nameOf(answer), answer]));
      for (const { call, resolve } of waiting) resolve(byCall.get(nameOf(call)) ?? null);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  };
  return (runId, { key, repeat }) =>
    new Promise((resolve, reject) => {
      const waiting = { call: { key, repeat }, resolve, reject };
      const others = gathered.get(runId);
      if (others !== undefined) return void others.push(waiting);
      gathered.set(runId, [waiting]);
      // Hashing takes a turn of the event loop or two: those that started together come together.
      setTimeout(() => void send(runId), 0);
    });
}

function nameOf({ key, repeat }: CachedCall): string {
  return `${key} ${repeat}`;
}
