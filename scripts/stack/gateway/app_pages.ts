import { findAppFile } from "../../app/app_files.ts";
import { apiUrl, type StackConfig } from "../config.ts";

/** Pattern of the example app's paths on the API's origin. */
const APP_PATH =
  /^\/(chat|checkout|invitation|method|order|report|shared|vendor)\/|^\/(icon\.svg|config\.json)$/;

/**
 * Pattern of paths that a page answers: `/chat/` and others, `/checkout/success` and
 * `/checkout/cancelled`, and `/report/` with any token.
 */
const PAGE =
  /^((?:chat|invitation|method|order)(?=\/$)|checkout\/(?:success|cancelled)(?=\/?$)|report(?=\/[^./]*$))/;

const HEADERS = {
  "cache-control": "no-cache",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
};

/** Returns whether a path belongs to the app in `examples/app`. */
export function isAppPath(path: string): boolean {
  return APP_PATH.test(path);
}

/**
 * Answers with a file of the app, as a static host would. Every token gets the same report page;
 * the page itself asks the API whether its token is valid.
 */
export async function answerAppPage(
  request: Request,
  config: Pick<StackConfig, "ports" | "keys">,
): Promise<Response> {
  if (request.method !== "GET") {
    return new Response(null, { status: 405, headers: { allow: "GET" } });
  }
  const name = new URL(request.url).pathname.slice(1);
  if (name === "config.json") {
    const settings = { apiUrl: apiUrl(config), publishableKey: config.keys.publishable };
    return Response.json(settings, { headers: HEADERS });
  }
  const [page] = PAGE.exec(name) ?? [];
  const file = await findAppFile(page === undefined ? name : `${page}/index.html`);
  if (file === null) return new Response("Not found", { status: 404, headers: HEADERS });
  const headers = { ...HEADERS, "content-type": file.type };
  return new Response(await Deno.readFile(file.path), { headers });
}
