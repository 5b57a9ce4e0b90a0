import { IdempotentAnswers } from "./idempotency.ts";
import { emptyLedger, Ledger, type LedgerState } from "./ledger.ts";
import { type WebhookEndpoint, WebhookSender } from "./webhooks.ts";

interface SavedState {
  ledger: LedgerState;
  answers: ReturnType<IdempotentAnswers["entries"]>;
  undelivered: string[];
}

export interface AccountOptions {
  readonly webhook?: WebhookEndpoint | undefined;
  readonly retryDelaysMs: readonly number[];
  /** File that keeps the account across restarts. */
  readonly stateFile?: string | undefined;
}

/** Stripe account with its objects, idempotency keys and webhook endpoint. */
export class Account {
  readonly ledger: Ledger;
  readonly answers = new IdempotentAnswers();
  readonly sender: WebhookSender;
  /** First attempts of the deliveries caused by the last change. */
  #attempts: Promise<void>[] = [];
  #stateFile: string | undefined;

  constructor(options: AccountOptions) {
    this.#stateFile = options.stateFile;
    this.sender = new WebhookSender(options.webhook, options.retryDelaysMs, () => this.save());
    const saved = options.stateFile === undefined ? undefined : readState(options.stateFile);
    this.ledger = new Ledger(
      saved?.ledger ?? emptyLedger(),
      (event) => this.#attempts.push(this.sender.send(event)),
    );
    if (saved === undefined) return;
    this.answers.load(saved.answers);
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

  save(): void {
    if (this.#stateFile === undefined) return;
    const state: SavedState = {
      ledger: this.ledger.state,
      answers: this.answers.entries(),
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
  try {
    const state: SavedState = JSON.parse(Deno.readTextFileSync(file));
    return state;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
