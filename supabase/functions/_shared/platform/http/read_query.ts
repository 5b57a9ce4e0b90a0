import type { z } from "zod";
import { fieldErrorsOf } from "./field_error.ts";
import { invalid } from "./problem.ts";

/**
 * Reads the query parameters of a request. Use `z.strictObject`, so that a misspelt name is refused.
 *
 * @throws {Problem} `request.invalid` with an error for each parameter that does not fit.
 */
export function readQuery<Schema extends z.ZodType>(
  { url }: Request,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(Object.fromEntries(new URL(url).searchParams));
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrorsOf(parsed.error));
}
