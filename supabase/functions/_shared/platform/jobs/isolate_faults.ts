import type { WorkSource } from "./run_worker.ts";

/** Rules of {@link isolateFaults}. */
export interface FaultRules<Result> {
  /** Returns whether the database refused the data itself, so that a repetition cannot succeed. */
  readonly isDataFault: (error: unknown) => boolean;
  /** Returns what is recorded in place of a result that was refused by itself. */
  readonly replace: (result: Result, error: unknown) => Result;
}

/**
 * Wraps a source so that one result that the database refuses does not hold up the others of its
 * exchange: they are offered one by one, and the refused one is replaced.
 */
export function isolateFaults<Job, Result>(
  source: WorkSource<Job, Result>,
  rules: FaultRules<Result>,
): WorkSource<Job, Result> {
  return {
    ...source,
    async exchange(results, want, prefetch) {
      try {
        return await source.exchange(results, want, prefetch);
      } catch (error) {
        if (results.length === 0 || !rules.isDataFault(error)) throw error;
      }
      const rejected: number[] = [];
      for (const result of results) {
        try {
          rejected.push(...(await source.exchange([result], 0, false)).rejected);
        } catch (error) {
          if (!rules.isDataFault(error)) throw error;
          rejected.push(
            ...(await source.exchange([rules.replace(result, error)], 0, false)).rejected,
          );
        }
      }
      const reply = await source.exchange([], want, prefetch);
      return { ...reply, rejected: [...rejected, ...reply.rejected] };
    },
  };
}
