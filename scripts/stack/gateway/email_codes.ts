import { z } from "zod";
import { tryParseJson } from "../../support/try_parse_json.ts";

const verificationSchema = z.looseObject({ type: z.literal("email") });

/**
 * Returns a request to Auth as `@supabase/lite` reads it. Hosted's type `email` stands for the code of a
 * new or a known user; the library calls it `magiclink`.
 *
 * @param request with its body in memory
 */
export async function renameEmailCode(request: Request): Promise<Request> {
  const isVerifying = new URL(request.url).pathname === "/auth/v1/verify";
  if (request.method !== "POST" || !isVerifying) return request;
  const { data } = verificationSchema.safeParse(tryParseJson(await request.clone().text()));
  if (data === undefined) return request;
  return new Request(request, { body: JSON.stringify({ ...data, type: "magiclink" }) });
}
