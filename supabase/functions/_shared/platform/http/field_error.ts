import type { z } from "zod";

/** What is wrong with one field of a request. */
export interface FieldError {
  /** Where, as in `configuration.images.2.path`; empty for the whole body; a header by its name. */
  readonly path: string;
  /** Short and stable, as in `too_big` or `not_found`. */
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

/** One entry for each issue that zod found; an unknown key is named by its own path. */
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

/** A refinement may name its own code in `params.code`. */
function codeOf(issue: z.core.$ZodIssue): string {
  const own: unknown = issue.code === "custom" ? issue.params?.["code"] : undefined;
  return typeof own === "string" ? own : issue.code;
}
