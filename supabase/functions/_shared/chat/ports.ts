import type { GateVerdict } from "./gate/check_query.ts";
import type { TokenPrices } from "../models/token_prices.ts";
import type { ChatSchema } from "./schema.ts";

/** One message to a model. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Tokens as the provider counted them. Cached ones are part of the input. */
export interface TokenCounts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

/** One call of a model. */
export interface ModelCall {
  /** As in the price list: `openai/gpt-6-luna`. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens: number;
  readonly conversationId: string;
  /** What belongs to one question is traced together. */
  readonly questionId: string;
}

/** What a model answered in one piece. */
export interface ModelReply {
  /** The provider's id of it, where it has one. */
  readonly id: string | null;
  readonly text: string;
  /** Null where the provider did not count. */
  readonly usage: TokenCounts | null;
}

/** A piece of an answer as it is written; the last one carries the counts. */
export interface ModelChunk {
  readonly id: string | null;
  readonly text: string;
  readonly usage: TokenCounts | null;
}

/** A model did not answer. The message is for the log: it may quote the provider. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}

/** The door to the models of the chat. It has no tools to give them. */
export interface ChatModel {
  /**
   * Has a model fill in a JSON schema.
   *
   * @throws {ModelError} and, once `signal` has aborted, anything.
   */
  fillIn(
    call: ModelCall,
    format: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> },
    signal: AbortSignal,
  ): Promise<ModelReply>;
  /**
   * Has a model write freely, piece by piece.
   *
   * @throws {ModelError} (the iteration) and, once `signal` has aborted, anything.
   */
  write(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelChunk>;
}

/** Judges a statement before the database sees it; whatever it cannot judge it refuses. */
export type CheckQuery = (sql: string, schema: ChatSchema) => Promise<GateVerdict>;

/** Columns and rows of a result. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Values in the order of the columns, as JSON holds them. */
  readonly rows: readonly (readonly unknown[])[];
  readonly rowCount: number;
  /** Whether there were more rows or bytes than are taken. */
  readonly truncated: boolean;
  readonly durationMs: number;
}

/** The database refused a statement or gave it up. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /** @param sqlState five letters or digits, as Postgres lists them. */
  constructor(readonly sqlState: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A message of the conversation so far. */
export interface PastMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
  /** What an answer was found with. */
  readonly sql: string | null;
}

/** A question has been written down. */
export interface BegunTurn {
  readonly conversationId: string;
  readonly messageId: string;
  /** The last few messages before it, oldest first. */
  readonly history: readonly PastMessage[];
}

/** What is kept of an answer. */
export interface FinishedTurn {
  readonly userId: string;
  readonly conversationId: string;
  readonly content: string;
  readonly sql: string | null;
  readonly rows: QueryResult | null;
  readonly followUps: readonly string[];
  readonly responseId: string | null;
}

/** What the chat does with the database. */
export interface ChatStore {
  /** All that may be asked, kept for some minutes. */
  schema(): Promise<ChatSchema>;
  /** Prices now, by model, kept for a minute; a model that has none is not in it. */
  prices(): Promise<ReadonlyMap<string, TokenPrices>>;
  /**
   * Writes a question down, in a new conversation where none is named.
   *
   * @returns how many seconds to wait, where the user asks too much; then nothing is written.
   * @throws {Problem} `resource.not_found` for a conversation that is not the user's.
   */
  begin(
    userId: string,
    conversationId: string | null,
    question: string,
    limitPerMinute: number,
  ): Promise<BegunTurn | { readonly retryAfterSeconds: number }>;
  /**
   * Runs a statement as the user, who reads what is theirs and nothing else.
   *
   * @throws {QueryError} and, once `signal` has aborted, anything.
   */
  run(
    userId: string,
    sql: string,
    limits: { readonly maxRows: number; readonly timeoutMs: number },
    signal: AbortSignal,
  ): Promise<QueryResult>;
  /** Writes an answer down; returns its id. */
  finish(turn: FinishedTurn): Promise<string>;
}
