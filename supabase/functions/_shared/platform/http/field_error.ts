import type { z } from "zod";

/** Error of one field of a request. */
export interface FieldError {
  /** Path such as `configuration.images.2.path`, a header's name, or empty for the whole body. */
  readonly path: string;
  /** Short, stable code such as `too_big` or `not_found`. */
  readonly code: string;
  /** A sentence for a person. */
  readonly message: string;
}

/**
 * Writes a path with dots.
 *
 * @example
 * formatPath(["configuration", "images", 2, "path"]) // "configuration.images.2.path"
 */
function formatPath(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}

/** Returns one entry for each issue that zod found. An unknown key is named by its own path. */
export function fieldErrorsOf(error: z.core.$ZodError): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
        path: formatPath([...issue.path, key]),
        code: "unknown_field",
        message: "There is no such field.",
      }))
      : [{ path: formatPath(issue.path), code: codeOf(issue), message: issue.message }]
  );
}

/** Returns the issue's code. A refinement may set its own in `params.code`. */
function codeOf(issue: z.core.$ZodIssue): string {
  const own: unknown = issue.code === "custom" ? issue.params?.["code"] : undefined;
  return typeof own === "string" ? own : issue.code;
}
