import { parseTree } from "jsonc-parser";
import { z } from "zod";
import { tryParseJson } from "../../support/try_parse_json.ts";
import { contentSchema, promptOf } from "../chat_messages.ts";
import { ApiError } from "./api_error.ts";
import { isSchema, type JsonSchema } from "./schema_fields.ts";

const body = z.object({
  model: z.string().min(1),
  messages: z.array(z.object({
    role: z.enum(["system", "developer", "user", "assistant", "tool"]),
    content: contentSchema.optional(),
  })).min(1),
  response_format: z.discriminatedUnion("type", [
    z.object({ type: z.literal("text") }),
    z.object({ type: z.literal("json_object") }),
    z.object({
      type: z.literal("json_schema"),
      json_schema: z.object({ name: z.string(), schema: z.record(z.string(), z.unknown()) }),
    }),
  ]).optional(),
  n: z.literal(1).nullish(),
  stream: z.literal(false).nullish(),
});

const maxImages = 10;

/** Number of braces tried as the start of a schema. Each try parses the object that begins there. */
const maxTries = 100;

/**
 * Reads the body of `POST /v1/chat/completions`. Sampling parameters are accepted and have no effect.
 *
 * Returns the model, the text of all messages, all `image_url`s in order, the schema from
 * `response_format` or else the first one in the prompt, and whether the answer must be JSON even
 * without a schema.
 *
 * @throws ApiError 400 that names the first wrong parameter.
 */
export function parseChatRequest(text: string) {
  const parsed = body.safeParse(parseJson(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const param = issue?.path.join(".") ?? "";
    const message = `${param || "body"}: ${issue?.message ?? "invalid"}`;
    throw new ApiError(400, "invalid_value", message, { param });
  }
  const { model, messages, response_format: format } = parsed.data;
  const { text: prompt, imageUrls } = promptOf(messages);
  if (imageUrls.length === 0 || imageUrls.length > maxImages) {
    const message = `messages: 1 to ${maxImages} images are needed`;
    throw new ApiError(400, "invalid_value", message, { param: "messages" });
  }
  const schema = format?.type === "json_schema" ? format.json_schema.schema : findSchema(prompt);
  return { model, prompt, imageUrls, schema, json: format?.type === "json_object" };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, "invalid_json", "The body is not valid JSON.", { cause: error });
  }
}

/** Returns the first JSON object in a text that is a schema with properties. */
export function findSchema(text: string): JsonSchema | null {
  for (const { index } of text.matchAll(/\{/g).take(maxTries)) {
    const rest = text.slice(index);
    const value = tryParseJson(rest.slice(0, parseTree(rest)?.length));
    if (isSchema(value) && isSchema(value.properties)) return value;
  }
  return null;
}
