import { parseJson } from "../shared/json.js";
import { loadSupabase } from "../shared/load_script.js";

/** @typedef {import("./chat_data.ts").Problem} Problem */

/** Error with what the user is told about it. */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Parser of Server-Sent Events, a module. */
const PARSER = "/vendor/eventsource-parser/stream.js";
/** Messages of a conversation that are shown. Older ones stay stored. */
const MOST_MESSAGES = 200;

/**
 * Creates the client of one project: its users, their conversations, and the chat.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 */
export async function createApi({ apiUrl, publishableKey }) {
  const { createClient } = await loadSupabase();
  /** @type {typeof import("eventsource-parser/stream")} */
  const { EventSourceParserStream } = await import(PARSER);
  const supabase = createClient(apiUrl, publishableKey);
  const signedInUser = async () => {
    const { data: { session } } = await supabase.auth.getSession();
    return session;
  };
  return {
    /** Returns the e-mail address of the user who has signed in, or null. */
    async user() {
      return (await signedInUser())?.user.email ?? null;
    },
    /** @param {{ email: string, password: string }} credentials */
    async signIn(credentials) {
      const { error } = await supabase.auth.signInWithPassword(credentials);
      if (error !== null) throw refusedSignIn(error);
    },
    /**
     * Creates an account. Returns whether its user is signed in: hosted projects send a link first.
     *
     * @param {{ email: string, password: string }} credentials
     */
    async signUp(credentials) {
      const { data, error } = await supabase.auth.signUp(credentials);
      if (error !== null) throw refusedSignIn(error);
      return data.session !== null;
    },
    /** Signs out in this browser. */
    async signOut() {
      await supabase.auth.signOut({ scope: "local" });
    },

    /**
     * Returns the conversations of the user's own account, without those of teams.
     *
     * @returns {Promise<import("./chat_data.ts").Conversation[]>} the latest first
     */
    async conversations() {
      const account = (await signedInUser())?.user.id ?? "";
      return read(
        await supabase.from("chat_conversations").select("id, title").eq("owner_id", account)
          .order("last_message_at", { ascending: false }).limit(100),
      );
    },
    /**
     * Returns the messages of a conversation, the oldest first; none if it is not the user's.
     *
     * @param {string} conversation
     * @returns {Promise<import("./chat_data.ts").Message[]>}
     */
    async messages(conversation) {
      const messages = read(
        await supabase.from("chat_messages")
          // The client's own parser rounds integers.
          .select(
            "id, role, content, sql, rows::text, follow_ups, cost_usd, chat_ratings(rating, reason)",
          )
          .eq("conversation_id", conversation)
          .order("created_at", { ascending: false }).limit(MOST_MESSAGES),
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
      read(await supabase.from("chat_conversations").update({ title }).eq("id", conversation));
    },
    /** @param {string} conversation */
    async remove(conversation) {
      read(await supabase.from("chat_conversations").delete().eq("id", conversation));
    },
    /**
     * Stores what the user thinks of an answer, in place of what they thought before.
     *
     * @param {string} message
     * @param {import("./chat_data.ts").Rating | null} rating null withdraws it
     */
    async rate(message, rating) {
      const ratings = supabase.from("chat_ratings");
      read(
        rating === null
          ? await ratings.delete().eq("message_id", message)
          : await ratings.upsert({ message_id: message, ...rating }),
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
      const session = await signedInUser();
      const response = await fetch(`${apiUrl}/functions/v1/chat`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          apikey: publishableKey,
          authorization: `Bearer ${session?.access_token ?? publishableKey}`,
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
 * Returns the rows of a response of the REST API.
 *
 * @template Row
 * @param {{ data: Row, error: { message: string, code: string } | null }} response
 * @returns {NonNullable<Row>}
 */
function read({ data, error }) {
  if (error === null) return /** @type {NonNullable<Row>} */ (data);
  throw new ApiError({ title: "It was not saved", detail: error.message, code: error.code });
}

/** @param {{ message: string, code?: string | undefined }} error */
function refusedSignIn({ message, code = "auth.refused" }) {
  return new ApiError({ title: "Not signed in", detail: message, code });
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
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

/**
 * Returns what the user is told about an error.
 *
 * @param {unknown} error
 * @returns {Problem}
 */
export function explain(error) {
  if (error instanceof ApiError) return error.problem;
  console.error(error);
  return {
    title: "The connection was lost",
    detail: "Check the network and try again.",
    code: "network.failed",
  };
}
