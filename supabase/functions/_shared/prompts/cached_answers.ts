import { z } from "zod";

/** Call as the cache of answers identifies it. */
export interface CachedCall {
  /** SHA-256, in hexadecimal, of provider, model, parameters and rendered prompt. */
  readonly key: string;
  /** From 0. A cached answer serves only the same repeat, so that repeats stay independent. */
  readonly repeat: number;
}

/** Earlier answer to an identical call of the same owner. */
export const cachedAnswerSchema = z.object({
  key: z.string(),
  repeat: z.number(),
  output_text: z.string(),
  latency_ms: z.number().nullable(),
  tokens_in: z.number().nullable(),
  tokens_out: z.number().nullable(),
  tokens_cached: z.number().nullable(),
});
export type CachedAnswer = z.output<typeof cachedAnswerSchema>;

/** Returns the earlier answer to one call of a run; null if there is none. */
export type LookUpCached = (runId: string, call: CachedCall) => Promise<CachedAnswer | null>;

interface Waiting {
  readonly call: CachedCall;
  readonly resolve: (answer: CachedAnswer | null) => void;
  readonly reject: (error: unknown) => void;
}

/** Batches the lookups of jobs of one run that start together into one round trip. */
export function batchLookups(
  lookUp: (runId: string, calls: readonly CachedCall[]) => Promise<readonly CachedAnswer[]>,
): LookUpCached {
  const batches = new Map<string, Waiting[]>();
  const send = async (runId: string) => {
    const batch = batches.get(runId) ?? [];
    batches.delete(runId);
    try {
      const found = await lookUp(runId, batch.map(({ call }) => call));
      const byCall = new Map(found.map((answer) => [nameOf(answer), answer]));
      for (const { call, resolve } of batch) resolve(byCall.get(nameOf(call)) ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  return (runId, { key, repeat }) =>
    new Promise((resolve, reject) => {
      const waiting = { call: { key, repeat }, resolve, reject };
      const batch = batches.get(runId);
      if (batch !== undefined) return void batch.push(waiting);
      batches.set(runId, [waiting]);
      setTimeout(() => void send(runId), 0);
    });
}

function nameOf({ key, repeat }: CachedCall): string {
  return `${key} ${repeat}`;
}
