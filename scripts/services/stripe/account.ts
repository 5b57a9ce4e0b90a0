import { existsSync } from "node:fs";
import { ApiError } from "./errors.ts";
import { emptyLedger, Ledger, type LedgerState } from "./ledger.ts";
import { type WebhookEndpoint, WebhookSender } from "./webhooks.ts";

interface StoredAnswer {
  readonly fingerprint: string;
  readonly body: string;
  readonly requestId: string;
}

interface SavedState {
  ledger: LedgerState;
  answers: [key: string, StoredAnswer][];
  undelivered: string[];
}

export interface AccountOptions {
  /** Webhook that events are delivered to. If unset, they are not delivered. */
  readonly webhook?: WebhookEndpoint;
  /** Waiting times between the attempts of a delivery, in milliseconds. */
  readonly retryDelaysMs?: readonly number[];
  /** File that keeps the account across restarts. Undelivered events are sent again after a restart. */
  readonly stateFile?: string;
}

const RETRY_DELAYS_MS = [500, 1000, 2000, 5000, 10_000, 30_000, 60_000];

/** Stripe account with its objects, idempotency keys and webhook endpoint. */
export class Account {
  readonly ledger: Ledger;
  /** Answers by `Idempotency-Key`. */
  readonly answers = new Map<string, StoredAnswer>();
  readonly sender: WebhookSender;
  /** First attempts of the deliveries caused by the last change. */
  #attempts: Promise<void>[] = [];
  #stateFile: string | undefined;

  constructor(options: AccountOptions) {
    this.#stateFile = options.stateFile;
    const delays = options.retryDelaysMs ?? RETRY_DELAYS_MS;
    this.sender = new WebhookSender(options.webhook, delays, () => this.save());
    const saved = options.stateFile === undefined ? undefined : readState(options.stateFile);
    this.ledger = new Ledger(
      { ...emptyLedger(), ...saved?.ledger },
      (event) => this.#attempts.push(this.sender.send(event)),
    );
    if (saved === undefined) return;
    for (const [key, answer] of saved.answers) this.answers.set(key, answer);
    for (const id of saved.undelivered) void this.sender.send(this.ledger.event(id));
  }

  /** Runs a change and saves it. `attempted` settles when the first deliveries have been tried. */
  change<Result>(action: (ledger: Ledger) => Result): { result: Result; attempted: Promise<void> } {
    this.#attempts = [];
    const result = action(this.ledger);
    const attempted = Promise.all(this.#attempts).then(() => undefined);
    this.save();
    return { result, attempted };
  }

  /**
   * Returns the stored answer to a request; undefined for a new key.
   *
   * @throws {ApiError} 400 if the key belongs to another request.
   */
  findAnswer(key: string, fingerprint: string): StoredAnswer | undefined {
    const answer = this.answers.get(key);
    if (answer === undefined || answer.fingerprint === fingerprint) return answer;
    throw new ApiError(
      400,
      "idempotency_error",
      `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    );
  }

  save(): void {
    if (this.#stateFile === undefined) return;
    const state: SavedState = {
      ledger: this.ledger.state,
      answers: [...this.answers],
      undelivered: this.sender.undelivered(),
    };
    // Written to a temporary file and renamed, so that a kill leaves either the old state or the
    // new one.
    const draft = `${this.#stateFile}.new`;
    Deno.writeTextFileSync(draft, JSON.stringify(state), { mode: 0o600 });
    Deno.renameSync(draft, this.#stateFile);
  }
}

function readState(file: string): SavedState | undefined {
  return existsSync(file) ? JSON.parse(Deno.readTextFileSync(file)) : undefined;
}
