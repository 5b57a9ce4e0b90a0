import { parseJson } from "../shared/json.js";
import { joinChannel } from "../shared/live.js";

/** Error for a link that opens no report: it is wrong, revoked or expired. */
export class NotFound extends Error {}

/** Error that says what a request lacks, in the function's words. */
export class Refused extends Error {}

/**
 * Secret of a link and whose it is: the owner's, or one that the owner shares.
 *
 * @typedef {{ token: string, isOwner: boolean }} Access
 */

/** 64 hexadecimal digits. */
const TOKEN = /^[0-9a-f]{64}$/;
const OWNER = "owner=";

/**
 * Returns the secret in the page's address: in the path or behind the `#`, where `owner=` marks the
 * owner's link. Null if there is none.
 *
 * @param {{ pathname: string, hash: string }} location
 * @returns {Access | null}
 */
export function readAccess({ pathname, hash }) {
  const part = hash.length > 1 ? hash.slice(1) : pathname.split("/").at(-1) ?? "";
  const isOwner = part.startsWith(OWNER);
  const token = isOwner ? part.slice(OWNER.length) : part;
  return TOKEN.test(token) ? { token, isOwner } : null;
}

/**
 * Returns the revision in the page's address; null for the newest.
 *
 * @param {{ search: string }} location
 */
export function readRevision({ search }) {
  const revision = new URLSearchParams(search).get("revision") ?? "";
  return /^[1-9]\d{0,8}$/.test(revision) ? Number(revision) : null;
}

/**
 * Creates the requests to the function `report` and to Realtime for one link.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {Access} access
 * @param {number | null} revision null for the newest
 */
export function createApi(config, { token, isOwner }, revision) {
  const ofRevision = (/** @type {string} */ query) =>
    revision === null ? query : `${query === "" ? "?" : `${query}&`}revision=${revision}`;
  /**
   * @param {string} path
   * @param {unknown} [body] sent by POST
   */
  const ask = async (path, body) => {
    const response = await fetch(`${config.apiUrl}/functions/v1/report${path}`, {
      headers: {
        [isOwner ? "x-owner-token" : "x-share-token"]: token,
        apikey: config.publishableKey,
        ...body === undefined ? {} : { "content-type": "application/json" },
      },
      ...body === undefined ? {} : { method: "POST", body: JSON.stringify(body) },
      referrerPolicy: "no-referrer",
      credentials: "omit",
    });
    if (response.status === 404) throw new NotFound();
    if (response.status === 409 || response.status === 422) {
      const { detail, errors } = await response.json();
      const lines = (errors ?? []).map((/** @type {{ path: string, message: string }} */ error) =>
        `${error.path}: ${error.message}`
      );
      throw new Refused([detail, ...lines].join(" "));
    }
    if (!response.ok) {
      throw new Error(`The function report responded with status ${response.status}.`);
    }
    return response;
  };
  /** Token of the report's channel. The owner's link learns it with the report. */
  let channel = isOwner ? null : token;
  return {
    /** @returns {Promise<import("./report_data.ts").ReportData>} */
    report: async () => {
      const data = parseJson(await (await ask(ofRevision(""))).text());
      if (isOwner) channel = data.sharing?.share_token ?? null;
      return data;
    },
    /** @returns {Promise<import("./report_data.ts").Progress>} */
    progress: async () => await (await ask("/progress")).json(),
    /** @param {Parameters<typeof joinChannel>[2]} on */
    follow: async (on) => {
      if (channel === null) throw new Error("The report has no channel while it is not shared.");
      return await joinChannel(config, channel, on);
    },
    /** Returns URLs in the order of the images; empty if they are not shared. */
    images: async () => {
      try {
        /** @type {{ images: { url: string | null }[] }} */
        const { images } = await (await ask("/images")).json();
        return images.map(({ url }) => url);
      } catch (error) {
        if (error instanceof NotFound) return [];
        throw error;
      }
    },
    /** @param {string} query such as `?format=csv` */
    file: async (query) => await (await ask(ofRevision(query))).blob(),
    /**
     * Changes the link to share, by the owner's link.
     *
     * @param {{ change: "rotate" | "revoke" } | { change: "set", expires_at: string | null, shares_order: boolean }} change
     * @returns {Promise<NonNullable<import("./report_data.ts").ReportData["sharing"]>>}
     */
    share: async (change) => await (await ask("/sharing", change)).json(),
    /** @returns {Promise<{ reports: import("./report_data.ts").RelatedReport[] }>} */
    related: async () => await (await ask("/related")).json(),
    /**
     * @param {string} before
     * @param {string} after
     * @returns {Promise<import("./report_data.ts").Comparison>}
     */
    compare: async (before, after) =>
      await (await ask(`/compare?before=${before}&after=${after}`)).json(),
    /**
     * Makes a draft that orders this report again.
     *
     * @returns {Promise<import("./report_data.ts").DraftAgain>}
     */
    again: async () => await (await ask("/again", {})).json(),
    /**
     * Asks for another scoring of the stored answers, by the owner's link.
     *
     * @param {unknown} schema the ordered schema with other rules
     * @returns {Promise<{ revision: number, status: string, is_new: boolean }>}
     */
    rescore: async (schema) => await (await ask("/rescore", { json_schema: schema })).json(),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */
