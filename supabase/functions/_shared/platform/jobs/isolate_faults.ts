import type { WorkSource } from "./run_worker.ts";

/** How a result is told that the database will never take. */
export interface FaultRules<Result> {
  /** Whether the database refused the data itself, so that repeating is in vain. */
  readonly isDataFault: (error: unknown) => boolean;
  /** What is recorded in the place of a result that was refused by itself. */
  readonly replace: (result: Result, error: unknown) => Result;
}

/**
 * A source in which one result that the database refuses does not hold up those it travels with:
 * they are offered one by one, and the culprit is replaced.
 */
export function isolateFaults<Job, Result>(
  source: WorkSource<Job, Result>,
  rules: FaultRules<Result>,
): WorkSource<Job, Result> {
  return {
    register: () => source.register(),
    renew: () => source.renew(),
    release: (chain) => source.release(chain),
    changedNothing: (error) => source.changedNothing(error),
    isFault: (error) => source.isFault(error),
    async exchange(results, want, ahead) {
      try {
        return await source.exchange(results, want, ahead);
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
      const reply = await source.exchange([], want, ahead);
      return { ...reply, rejected: [...rejected, ...reply.rejected] };
    },
  };
}
