import { parseJson } from "../shared/json.js";
import { joinChannel } from "../shared/live.js";

/** Error for a link that opens no report: it is wrong, revoked or expired. */
export class NotFound extends Error {}

/** 64 hexadecimal digits in the path or behind the `#`. */
const TOKEN = /[0-9a-f]{64}/;

/**
 * Returns the token in the page's address, or null.
 *
 * @param {{ pathname: string, hash: string }} location
 * @returns {string | null}
 */
export function readToken({ pathname, hash }) {
  const part = hash.length > 1 ? hash.slice(1) : pathname.split("/").at(-1) ?? "";
  return TOKEN.test(part) && part.length === 64 ? part : null;
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
 * Creates the requests to the function `report` and to Realtime for one token.
 *
 * @param {{ apiUrl: string, publishableKey: string }} config
 * @param {string} token
 * @param {number | null} revision null for the newest
 */
export function createApi(config, token, revision) {
  const ofRevision = (/** @type {string} */ query) =>
    revision === null ? query : `${query === "" ? "?" : `${query}&`}revision=${revision}`;
  const get = async (/** @type {string} */ path) => {
    const response = await fetch(`${config.apiUrl}/functions/v1/report${path}`, {
      headers: { "x-share-token": token, apikey: config.publishableKey },
      referrerPolicy: "no-referrer",
      credentials: "omit",
    });
    if (response.status === 404) throw new NotFound();
    if (!response.ok) {
      throw new Error(`The function report responded with status ${response.status}.`);
    }
    return response;
  };
  return {
    /** @returns {Promise<import("./report_data.ts").ReportData>} */
    report: async () => parseJson(await (await get(ofRevision(""))).text()),
    /** @returns {Promise<import("./report_data.ts").Progress>} */
    progress: async () => await (await get("/progress")).json(),
    /** @param {Parameters<typeof joinChannel>[2]} on */
    follow: (on) => joinChannel(config, token, on),
    /** Returns URLs in the order of the images; empty if they are not shared. */
    images: async () => {
      try {
        /** @type {{ images: { url: string | null }[] }} */
        const { images } = await (await get("/images")).json();
        return images.map(({ url }) => url);
      } catch (error) {
        if (error instanceof NotFound) return [];
        throw error;
      }
    },
    /** @param {string} query such as `?format=csv` */
    file: async (query) => await (await get(ofRevision(query))).blob(),
  };
}

/** @typedef {ReturnType<typeof createApi>} Api */
