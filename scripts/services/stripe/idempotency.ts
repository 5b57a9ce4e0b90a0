import { ApiError } from "./errors.ts";

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
  readonly requestId: string;
}

interface Entry {
  readonly fingerprint: string;
  readonly answer: StoredAnswer;
}

/** Answers by `Idempotency-Key`. The same request gets the same answer; a different one is refused. */
export class IdempotentAnswers {
  #entries = new Map<string, Entry>();

  /** Returns the stored answer; `undefined` for a new key. */
  find(key: string, fingerprint: string): StoredAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.fingerprint !== fingerprint) {
      throw new ApiError(
        400,
        "idempotency_error",
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
      );
    }
    return entry.answer;
  }

  keep(key: string, fingerprint: string, answer: StoredAnswer): void {
    this.#entries.set(key, { fingerprint, answer });
  }

  entries(): [string, Entry][] {
    return [...this.#entries];
  }

  load(entries: readonly (readonly [string, Entry])[]): void {
    this.#entries = new Map(entries);
  }
}
