import type { Outcome } from "./behaviour.ts";

/** How a call ended; `invalid` is a 4xx of its own making, `aborted` a caller who went away. */
export type CallEnd = Outcome | "invalid" | "aborted";

export interface CallCounts {
  calls: number;
  inFlight: number;
  /** The most that were ever in flight at once. */
  maxInFlight: number;
}

export interface ModelStatistics extends CallCounts {
  /** Sum of the latencies drawn, in milliseconds: what the calls take at the very least. */
  latencyMs: number;
  /** Sum of what was billed, in USD. */
  cost: number;
  outcomes: Partial<Record<CallEnd, number>>;
}

export interface Statistics extends CallCounts {
  /** Images no truth was known for; they are answered with `{}`. */
  unknownImages: number;
  /** Milliseconds since 1970 with fractions; null before the first call. */
  firstCallAt: number | null;
  lastEndAt: number | null;
  models: Record<string, ModelStatistics>;
}

/** One call's place in the counts it began in. */
export interface RecordedCall {
  readonly all: Omit<Statistics, "models">;
  readonly model: ModelStatistics;
}

/** Counts calls in all and per model. */
export class CallRecorder {
  #all: Omit<Statistics, "models"> = emptyTotals();
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

  imageUnknown(): void {
    this.#all.unknownImages++;
  }

  /** A copy that later calls leave alone. */
  read(): Statistics {
    return structuredClone({ ...this.#all, models: Object.fromEntries(this.#models) });
  }

  /** Starts counting afresh; calls still in flight end in the old counts. */
  reset(): void {
    this.#all = emptyTotals();
    this.#models = new Map();
  }

  #of(modelId: string): ModelStatistics {
    const known = this.#models.get(modelId);
    if (known !== undefined) return known;
    const fresh: ModelStatistics = {
      calls: 0,
      inFlight: 0,
      maxInFlight: 0,
      latencyMs: 0,
      cost: 0,
      outcomes: {},
    };
    this.#models.set(modelId, fresh);
    return fresh;
  }
}

function emptyTotals(): Omit<Statistics, "models"> {
  return {
    calls: 0,
    inFlight: 0,
    maxInFlight: 0,
    unknownImages: 0,
    firstCallAt: null,
    lastEndAt: null,
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
