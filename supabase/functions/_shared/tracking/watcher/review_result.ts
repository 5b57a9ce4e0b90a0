import { limitWithRoom } from "../../models/calls/token_limit.ts";
import { askTextModel } from "../../models/calls/ask_text_model.ts";
import {
  callWithRetries,
  concludeCall,
  type RetryDeps,
} from "../../models/calls/call_with_retries.ts";
import type { TextModels } from "../../models/calls/model_call.ts";
import type { JobContext } from "../../platform/jobs/run_worker.ts";
import {
  MAX_ANSWER_TOKENS,
  readReview,
  REVIEW_FORMAT,
  writeReviewPrompt,
} from "./review_prompt.ts";
import type { WatcherJob, WatcherResult } from "./watcher_job.ts";

/** Dependencies of a review. */
export interface ReviewDeps extends RetryDeps {
  readonly models: TextModels;
  /** Longest duration of one try, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the secret that marks the data in a prompt, see `writeReviewPrompt`. */
  readonly makeFence: () => string;
}

/**
 * Asks a model for a review of a result.
 *
 * Any answer completes the job, even an unreadable one, because another call would cost again. Failed
 * calls are retried here or by the queue, by the same rules as calls of a benchmark.
 */
export async function reviewResult(
  job: WatcherJob,
  deps: ReviewDeps,
  context: JobContext,
): Promise<WatcherResult> {
  const { job_id, attempt } = job;
  const prompt = writeReviewPrompt(job, deps.makeFence());
  let pause_ms: number | null = null;
  const call = await callWithRetries(
    {
      job,
      timeoutMs: deps.timeoutMs,
      probe: (signal) => deps.models.probe(job.provider, signal),
      async send(timeoutMs) {
        const { limit, raised } = limitWithRoom(job.model, MAX_ANSWER_TOKENS);
        const { outcome, pauseMs } = await askTextModel(
          deps.models,
          {
            provider: job.provider,
            model: job.model,
            prompt,
            parameters: { max_tokens: limit },
            structuredOutput: job.is_structured ? { schema: REVIEW_FORMAT, strict: true } : null,
            prices: job.prices,
            timeoutMs,
          },
          raised,
          context,
        );
        pause_ms = pauseMs;
        return outcome;
      },
    },
    deps,
    context,
  );
  const ended = concludeCall(call);
  const report = { job_id, attempt, pause_ms, rate_limited: false };
  if ("kind" in ended) {
    return {
      ...report,
      outcome: "complete",
      charge: "unknown",
      actual_cost: ended.cost,
      insight: readReview(ended.text, ended.ending),
    };
  }
  if (ended.outcome === "release") return { job_id, attempt, ...ended };
  if (call.end === "settled") return { ...report, ...ended };
  pause_ms = call.failure.retryAfterMs ?? pause_ms;
  return { ...report, ...ended, pause_ms, rate_limited: ended.failure === "busy" };
}
