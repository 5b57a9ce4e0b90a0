import { z } from "zod";
import { PROVIDER_NAMES } from "../models/providers.ts";

/** How the chat answers, and what it may cost. */
export const chatEnv = {
  /** Base URL key of the models below. */
  CHAT_PROVIDER: z.enum(PROVIDER_NAMES).default("openai"),
  /** Writes the SQL. As in the price list: `openai/gpt-6-luna`. */
  CHAT_SQL_MODEL: z.string().min(1).default("openai/gpt-6-luna"),
  /** Writes the answer. */
  CHAT_RESPONSE_MODEL: z.string().min(1).default("openai/gpt-6-luna"),
  /** Of one user, over all conversations. */
  CHAT_MAX_QUESTIONS_PER_MINUTE: z.coerce.number().int().min(1).max(1000).default(10),
  /** A result is cut there; the database takes no more than 500. */
  CHAT_MAX_ROWS: z.coerce.number().int().min(1).max(500).default(200),
  CHAT_QUERY_TIMEOUT_MS: z.coerce.number().int().min(100).max(30_000).default(5000),
  /** Longest wait for one model's whole answer. */
  CHAT_MODEL_TIMEOUT_SECONDS: z.coerce.number().positive().max(120).default(60),
} as const;
