/**
 * Types of the chat's data, for the page's scripts: those of the function `chat`, as its events and
 * the stored messages have them. They are only used for type checks.
 */
import type {
  ChatEvent,
  ChatStep,
  DoneData,
  ShownResult,
} from "../../../supabase/functions/_shared/chat/events.ts";
import type { Chart } from "../../../supabase/functions/_shared/chat/chart/vega_lite.ts";

export type { Chart, ChatEvent, ChatStep, DoneData, ShownResult };

/** Conversation in the list. */
export interface Conversation {
  readonly id: string;
  readonly title: string;
}

/** What a user thinks of an answer. */
export interface Rating {
  readonly rating: 1 | -1;
  readonly reason: string | null;
}

/** Stored question or answer. The members below `content` are those of answers. */
export interface Message {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly sql: string | null;
  readonly rows: ShownResult | null;
  readonly follow_ups: readonly string[] | null;
  /** USD; null if unknown. */
  readonly cost_usd?: number | null;
  readonly chat_ratings: Rating | null;
}

/** Account that the user is a member of. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly role: "viewer" | "member" | "admin" | "owner";
  readonly isPersonal: boolean;
  /** True for the one that the page shows. */
  readonly isChosen: boolean;
}
