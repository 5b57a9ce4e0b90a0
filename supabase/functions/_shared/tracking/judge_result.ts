import { limitWithRoom } from "../models/answers/limit_answer.ts";
import { storableText } from "../models/answers/parse_output.ts";
import { askOnceRaised } from "../models/calls/ask_once_raised.ts";
import {
  callWithRetries,
  describeUnsent,
  type RetryDeps,
} from "../models/calls/call_with_retries.ts";
import type { TextModels } from "../models/calls/text_model.ts";
import type { JobContext } from "../platform/jobs/run_worker.ts";
import {
  JUDGEMENT_FORMAT,
  MAX_ANSWER_TOKENS,
  readJudgement,
  writeWatcherPrompt,
} from "./watcher.ts";
import type { WatcherJob, WatcherResult } from "./watcher_job.ts";

/** What results are judged with. */
export interface JudgeDeps extends RetryDeps {
  readonly models: TextModels;
  /** The longest that one try may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Makes the marks that prompts set data apart with. */
  readonly makeFence: () => string;
}

/**
 * Has a model judge a result.
 *
 * Whatever it wrote is an insight, also what cannot be read: asking again would cost again. Failures
 * are repeated, in place or by the queue, as those of the benchmark are.
 */
export async function judgeResult(
  job: WatcherJob,
  deps: JudgeDeps,
  context: JobContext,
): Promise<WatcherResult> {
  const { job_id, attempt } = job;
  const prompt = writeWatcherPrompt(job, deps.makeFence());
  let pause_ms: number | null = null;
  const call = await callWithRetries(
    {
      job,
      timeoutMs: deps.timeoutMs,
      probe: (signal) => deps.models.probe(job.provider, signal),
      async send(timeoutMs) {
        const { limit, raised } = limitWithRoom(job.model, MAX_ANSWER_TOKENS);
        const { outcome, pauseMs } = await askOnceRaised(
          deps.models,
          {
            provider: job.provider,
            model: job.model,
            prompt,
            parameters: { max_tokens: limit },
            structuredOutput: job.is_structured ? { schema: JUDGEMENT_FORMAT, strict: true } : null,
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
  if (call.end === "unreachable") return { job_id, attempt, ...describeUnsent(call.failure) };
  const about = { job_id, attempt, pause_ms };
  if (call.end === "settled") {
    const { outcome } = call;
    if (outcome.kind === "answer") {
      return {
        ...about,
        outcome: "complete",
        charge: "unknown",
        actual_cost: outcome.cost,
        rate_limited: false,
        insight: readJudgement(outcome.text, outcome.ending),
      };
    }
    const error_message = storableText(outcome.message);
    return outcome.kind === "fatal"
      ? {
        ...about,
        outcome: "fatal",
        charge: "none",
        actual_cost: null,
        retry_at_ms: outcome.retryAtMs,
        rate_limited: false,
        error_message,
      }
      : {
        ...about,
        outcome: "failed",
        charge: outcome.charge,
        actual_cost: outcome.cost,
        rate_limited: false,
        error_message,
      };
  }
  const { failure } = call;
  const failed = {
    ...about,
    charge: failure.charge,
    actual_cost: failure.cost,
    failure: failure.reason,
    rate_limited: failure.reason === "busy",
    pause_ms: failure.retryAfterMs ?? pause_ms,
    error_message: storableText(failure.message),
  };
  return call.end === "postponed"
    ? { ...failed, outcome: "retry", run_at_ms: call.runAtMs }
    : { ...failed, outcome: "failed" };
}
