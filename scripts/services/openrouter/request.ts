import { z } from "zod";

const textPart = z.object({ type: z.literal("text"), text: z.string() });
const imagePart = z.object({
  type: z.literal("image_url"),
  image_url: z.object({ url: z.string().min(1) }),
});

/** Part of a chat completion request that the simulation uses. Other properties are allowed. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({
    role: z.string(),
    content: z.union([
      z.string(),
      z.array(z.discriminatedUnion("type", [textPart, imagePart])),
      z.null(),
    ]),
  })).min(1),
  response_format: z.looseObject({ type: z.enum(["text", "json_object", "json_schema"]) })
    .optional(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  provider: z.looseObject({ require_parameters: z.boolean().optional() }).optional(),
  reasoning: z.looseObject({ effort: z.string().optional() }).optional(),
  reasoning_effort: z.string().nullish(),
  stream: z.literal(false).nullish(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface Prompt {
  readonly text: string;
  readonly imageUrls: readonly string[];
}

/** Returns the text and the image URLs of a conversation, in order. */
export function promptOf(request: ChatRequest): Prompt {
  const texts: string[] = [];
  const imageUrls: string[] = [];
  for (const { content } of request.messages) {
    if (typeof content === "string") texts.push(content);
    if (!Array.isArray(content)) continue;
    for (const part of content) {
      if (part.type === "text") texts.push(part.text);
      else imageUrls.push(part.image_url.url);
    }
  }
  return { text: texts.join("\n"), imageUrls };
}
