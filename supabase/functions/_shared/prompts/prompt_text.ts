import { z } from "zod";

/** One version of a prompt. */
export const promptTextSchema = z.object({
  prompt_id: z.string(),
  name: z.string(),
  /** `task`: sent to models; `grader`: grades their answers. */
  type: z.enum(["task", "grader"]),
  version: z.number(),
  latest_version: z.number(),
  /** Labels that point to this version. */
  labels: z.array(z.string()),
  body: z.string(),
  /** Fields that the body names as `{{field}}`. */
  placeholders: z.array(z.string()),
  created_at: z.string(),
});
export type PromptText = z.infer<typeof promptTextSchema>;

/** Version of a prompt to read: the newest one, that of a label, or a number. */
export type WhichVersion =
  | "newest"
  | { readonly label: string }
  | { readonly version: number };
