import type { Outcome } from "./behaviour.ts";

/** Ending of a call. `invalid` is a 4xx because of the request, `aborted` a caller who disconnected. */
export type CallEnd = Outcome | "invalid" | "aborted";

export interface CallCounts {
  calls: number;
  inFlight: number;
  /** Largest number of calls in flight at once. */
  maxInFlight: number;
}

export interface ModelStatistics extends CallCounts {
  /** Sum of the drawn latencies in milliseconds: the least time that the calls take. */
  latencyMs: number;
  /** Sum of the billed amounts in USD. */
  cost: number;
  outcomes: Partial<Record<CallEnd, number>>;
}

export interface Statistics extends CallCounts {
  /** Milliseconds since 1970 with fractions. Null before the first call. */
  firstCallAt: number | null;
  lastEndAt: number | null;
  models: Record<string, ModelStatistics>;
}

/** Recorded call, tied to the counts in which it began. */
export interface RecordedCall {
  readonly all: Omit<Statistics, "models">;
  readonly model: ModelStatistics;
}

const NO_CALLS: CallCounts = { calls: 0, inFlight: 0, maxInFlight: 0 };
const NO_TOTALS = { ...NO_CALLS, firstCallAt: null, lastEndAt: null };

/** Counts of calls in total and per model. */
export class CallRecorder {
  #all: Omit<Statistics, "models"> = { ...NO_TOTALS };
  #models = new Map<string, ModelStatistics>();

  begin(modelId: string): RecordedCall {
    this.#all.firstCallAt ??= now();
    const call = { all: this.#all, model: this.#of(modelId) };
    for (const counts of [call.all, call.model]) {
      counts.calls++;
      counts.inFlight++;
      counts.maxInFlight = Math.max(counts.maxInFlight, counts.inFlight);
    }
    return call;
  }

  end({ all, model }: RecordedCall, outcome: CallEnd): void {
    all.inFlight--;
    all.lastEndAt = now();
    model.inFlight--;
    model.outcomes[outcome] = (model.outcomes[outcome] ?? 0) + 1;
  }

  /** Returns a copy that later calls do not change. */
  read(): Statistics {
    return structuredClone({ ...this.#all, models: Object.fromEntries(this.#models) });
  }

  /** Starts new counts. Calls still in flight end in the old ones. */
  reset(): void {
    this.#all = { ...NO_TOTALS };
    this.#models = new Map();
  }

  #of(modelId: string): ModelStatistics {
    const known = this.#models.get(modelId);
    if (known !== undefined) return known;
    const fresh: ModelStatistics = { ...NO_CALLS, latencyMs: 0, cost: 0, outcomes: {} };
    this.#models.set(modelId, fresh);
    return fresh;
  }
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
