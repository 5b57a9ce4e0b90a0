import { findPageFile } from "../../page/page_files.ts";
import { apiUrl, type StackConfig } from "../config.ts";

/** Where the page of `examples/report-page` is: `/report/<token>`, and its files beside it. */
const FOLDER = "/report/";

const HEADERS = {
  "cache-control": "no-cache",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex, nofollow",
};

/** Whether the path is the report page's. */
export function isReportPage(path: string): boolean {
  return path.startsWith(FOLDER);
}

/** The page for every token, as a static host serves it; whether it opens anything the page asks. */
export async function answerReportPage(
  request: Request,
  config: Pick<StackConfig, "ports" | "keys">,
): Promise<Response> {
  if (request.method !== "GET") {
    return new Response(null, { status: 405, headers: { allow: "GET" } });
  }
  const name = new URL(request.url).pathname.slice(FOLDER.length);
  if (name === "config.json") {
    const settings = { apiUrl: apiUrl(config), publishableKey: config.keys.publishable };
    return Response.json(settings, { headers: HEADERS });
  }
  const file = await findPageFile(/[./]/.test(name) ? name : "index.html");
  if (file === null) return new Response("Not found", { status: 404, headers: HEADERS });
  const headers = { ...HEADERS, "content-type": file.type };
  return new Response(await Deno.readFile(file.path), { headers });
}
