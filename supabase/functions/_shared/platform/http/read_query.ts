import type { z } from "zod";
import { ACCOUNT_FIELD } from "./authenticate_member.ts";
import { fieldErrorsOf } from "./field_error.ts";
import { invalid } from "./problem.ts";

/** Returns the query parameters of a request, but for the account, which the authentication reads. */
export function listParameters({ url }: Request): Readonly<Record<string, string>> {
  const { [ACCOUNT_FIELD]: _, ...parameters } = Object.fromEntries(new URL(url).searchParams);
  return parameters;
}

/**
 * Reads the query parameters of a request. Use `z.strictObject`, so that a misspelt name is refused.
 *
 * @throws {Problem} `request.invalid` with an error for each parameter that does not fit.
 */
export function readQuery<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(listParameters(request));
  if (parsed.success) return parsed.data;
  throw invalid(fieldErrorsOf(parsed.error));
}
