import { parseJson } from "../shared/json.js";
import { ApiError, openSession, read } from "../shared/session.js";

/** Parser of Server-Sent Events, a module. */
const PARSER = "/vendor/eventsource-parser/stream.js";
/** Messages of a conversation that are shown. Older ones stay stored. */
const MOST_MESSAGES = 200;

/** Title of a change that the REST API refused. */
const NOT_SAVED = "It was not saved";

/**
 * Creates the client of one project: its users, their conversations, and the chat.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {string | null} named account to act for; null for the user's own
 */
export async function createApi(config, named) {
  const { apiUrl, publishableKey } = config;
  /** @type {typeof import("eventsource-parser/stream")} */
  const { EventSourceParserStream } = await import(PARSER);
  const { data, current, ...session } = await openSession(config, named);
  const account = async () => named ?? (await current())?.user.id ?? "";
  return {
    ...session,

    /**
     * Returns the accounts that the user is a member of.
     *
     * @returns {Promise<import("./chat_data.ts").Account[]>} their own first
     */
    async accounts() {
      const user = (await current())?.user.id ?? "";
      const memberships = read(
        await data.from("memberships").select("role, account_id, accounts(name)")
          .eq("user_id", user),
        "Your accounts cannot be read",
      );
      // Without the schema's types the client takes the one account of a membership for a list.
      return /** @type {any[]} */ (memberships)
        .map(({ role, account_id: id, accounts }) => ({
          id,
          role,
          name: accounts.name,
          isPersonal: id === user,
          isChosen: id === (named ?? user),
        }))
        .sort((a, b) =>
          Number(b.isPersonal) - Number(a.isPersonal) || a.name.localeCompare(b.name)
        );
    },
    /**
     * Returns the conversations of the account.
     *
     * @returns {Promise<import("./chat_data.ts").Conversation[]>} the latest first
     */
    async conversations() {
      return read(
        await data.from("chat_conversations").select("id, title").eq("owner_id", await account())
          .order("last_message_at", { ascending: false }).limit(100),
        "The conversations cannot be read",
      );
    },
    /**
     * Returns the messages of a conversation, the oldest first; none if it is not the account's.
     *
     * @param {string} conversation
     * @returns {Promise<import("./chat_data.ts").Message[]>}
     */
    async messages(conversation) {
      const messages = read(
        await data.from("chat_messages")
          // The client's own parser rounds integers.
          .select(
            "id, role, content, sql, rows::text, follow_ups, cost_usd, chat_ratings(rating, reason)",
          )
          .eq("conversation_id", conversation).eq("owner_id", await account())
          .order("created_at", { ascending: false }).limit(MOST_MESSAGES),
        "The conversation cannot be read",
      );
      // Without the schema's types the client takes the one rating of a message for a list.
      return /** @type {any[]} */ (messages).reverse().map((message) => ({
        ...message,
        rows: parseJson(message.rows ?? "null"),
      }));
    },
    /**
     * @param {string} conversation
     * @param {string} title
     */
    async rename(conversation, title) {
      const renaming = data.from("chat_conversations").update({ title }).eq("id", conversation);
      read(await renaming, NOT_SAVED);
    },
    /** @param {string} conversation */
    async remove(conversation) {
      const removing = data.from("chat_conversations").delete().eq("id", conversation);
      read(await removing, NOT_SAVED);
    },
    /**
     * Stores what the user thinks of an answer, in place of what they thought before.
     *
     * @param {string} message
     * @param {import("./chat_data.ts").Rating | null} rating null withdraws it
     */
    async rate(message, rating) {
      const ratings = data.from("chat_ratings");
      read(
        rating === null
          ? await ratings.delete().eq("message_id", message)
          : await ratings.upsert({ message_id: message, ...rating }),
        NOT_SAVED,
      );
    },

    /**
     * Asks a question and yields the events of the answer as they arrive.
     *
     * @param {{ question: string, conversation: string | null, signal: AbortSignal }} asking
     * @returns {AsyncGenerator<import("./chat_data.ts").ChatEvent>}
     * @throws {ApiError} if there is no stream
     */
    async *ask({ question, conversation, signal }) {
      const token = (await current())?.access_token ?? publishableKey;
      const response = await fetch(`${apiUrl}/functions/v1/chat`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          apikey: publishableKey,
          authorization: `Bearer ${token}`,
          ...named === null ? {} : { "x-account-id": named },
        },
        body: JSON.stringify({ question, ...conversation && { conversation_id: conversation } }),
        signal,
      });
      if (!response.ok || response.body === null) throw new ApiError(await readProblem(response));
      const events = response.body
        .pipeThrough(/** @type {ReadableWritablePair<string, any>} */ (new TextDecoderStream()))
        .pipeThrough(new EventSourceParserStream())
        .getReader();
      for (;;) {
        const { done, value } = await events.read();
        if (done) return;
        yield /** @type {any} */ ({ event: value.event, data: parseJson(value.data) });
      }
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof createApi>>} Api */

/**
 * @param {Response} response
 * @returns {Promise<import("../shared/session.js").Problem>}
 */
async function readProblem(response) {
  const problem = await response.json().catch(() => ({}));
  return {
    title: "The question was not accepted",
    detail: `The server answered with status ${response.status}.`,
    code: `http.${response.status}`,
    ...problem,
  };
}
