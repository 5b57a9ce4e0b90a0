import { z } from "zod";
import { tryParseJson } from "../support/try_parse_json.ts";

const partSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image_url"), image_url: z.object({ url: z.string().min(1) }) }),
]);

/** Content of a message: a text, or texts and images. */
export const contentSchema = z.union([z.string(), z.array(partSchema), z.null()]);

/** Returns the text and the image URLs of a conversation, in order. */
export function promptOf(
  messages: readonly { content?: z.infer<typeof contentSchema> | undefined }[],
): { text: string; imageUrls: string[] } {
  const parts = messages.flatMap(({ content }) =>
    typeof content === "string" ? [{ type: "text" as const, text: content }] : content ?? []
  );
  return {
    text: parts.flatMap((part) => part.type === "text" ? [part.text] : []).join("\n"),
    imageUrls: parts.flatMap((part) => part.type === "image_url" ? [part.image_url.url] : []),
  };
}

/** Returns the JSON of a prompt, which stands between two lines with the same random marker. */
export function dataOf(prompt: string): unknown {
  const [, , data = ""] = /<(data-[\w-]+)>\n(.*)\n<\/\1>/s.exec(prompt) ?? [];
  return tryParseJson(data);
}
