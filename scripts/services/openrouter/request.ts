import { z } from "zod";
import { contentSchema } from "../chat_messages.ts";

/** Part of a chat completion request that the simulation uses. Other properties are allowed. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema })).min(1),
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
