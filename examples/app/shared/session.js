import { loadSupabase } from "./load_script.js";

/**
 * What a user is told about an error: members of a problem document.
 *
 * @typedef {{
 *   readonly title: string,
 *   readonly detail: string,
 *   readonly code: string,
 *   readonly request_id?: string,
 *   readonly errors?: readonly { readonly message: string }[],
 *   readonly faults?: readonly { readonly code: string, readonly reason: string, readonly hint: string }[],
 * }} Problem
 */

/** Error with what the user is told about it. */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/**
 * Returns the project that `config.json` names, as its URL and its publishable key.
 *
 * @returns {Promise<{ apiUrl: string, publishableKey: string }>}
 */
export async function readConfig() {
  const response = await fetch("/config.json");
  if (response.ok) return await response.json();
  throw new Error("config.json is missing: deploy it next to the pages (deno task app:build)");
}

/**
 * Opens the session of this browser's user with a project.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {string | null} account account to act for; null for the user's own
 */
export async function openSession({ apiUrl, publishableKey }, account = null) {
  const { createClient } = await loadSupabase();
  const supabase = createClient(apiUrl, publishableKey);
  const current = async () => {
    const { data: { session } } = await supabase.auth.getSession();
    return session;
  };
  return {
    /** Client of the REST API, which acts for the account. Auth accepts no header of ours. */
    data: account === null ? supabase : createClient(apiUrl, publishableKey, {
      accessToken: async () => (await current())?.access_token ?? null,
      global: { headers: { "x-account-id": account } },
    }),
    current,
    /** Returns the e-mail address of the user who has signed in, or null. */
    async user() {
      return (await current())?.user.email ?? null;
    },
    /** @param {{ email: string, password: string }} credentials */
    async signIn(credentials) {
      const { error } = await supabase.auth.signInWithPassword(credentials);
      if (error !== null) throw refusedSignIn(error);
    },
    /**
     * Has a code sent by e-mail. The first one creates the user.
     *
     * @param {string} email
     */
    async sendCode(email) {
      const { error } = await supabase.auth.signInWithOtp({ email });
      if (error !== null) throw refusedSignIn(error);
    },
    /** @param {{ email: string, token: string }} code the e-mail address and the code that it was sent */
    async signInByCode(code) {
      const { error } = await supabase.auth.verifyOtp({ ...code, type: "email" });
      if (error !== null) throw refusedSignIn(error);
    },
    /** Signs out in this browser. */
    async signOut() {
      await supabase.auth.signOut({ scope: "local" });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof openSession>>} Session */

/**
 * Returns the data of a response of the REST API.
 *
 * @template Data
 * @param {{ data: Data, error: { message: string, code: string } | null }} response
 * @param {string} title what the user is told if there is an error
 * @returns {NonNullable<Data>}
 */
export function read({ data, error }, title) {
  if (error === null) return /** @type {NonNullable<Data>} */ (data);
  throw new ApiError({ title, detail: error.message, code: error.code });
}

/** @param {{ message: string, code?: string | undefined }} error */
function refusedSignIn({ message, code = "auth.refused" }) {
  return new ApiError({ title: "Not signed in", detail: message, code });
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
