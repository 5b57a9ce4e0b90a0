import type { z } from "zod";
import type { JsonValue } from "../../platform/json/json_value.ts";
import { ReportError, type ReportFormat } from "./report_model.ts";

/**
 * Parses JSON.
 *
 * @throws {ReportError} `report.malformed_json` with line and column.
 */
export function parseJson(text: string): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new ReportError(
      "report.malformed_json",
      "The file is not JSON.",
      findPosition(text, message),
    );
  }
}

/** Returns line and column of V8's `… at position 12`, or of the text's end if there is none. */
function findPosition(text: string, message: string) {
  const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
  const before = text.slice(0, position).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/**
 * Reads a document by a schema.
 *
 * @throws {ReportError} `<format>.invalid` with the path of the first field that does not fit.
 */
export function readShape<Schema extends z.ZodType>(
  schema: Schema,
  document: unknown,
  format: ReportFormat,
): z.output<Schema> {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.map((key) => typeof key === "number" ? `[${key}]` : `.${String(key)}`)
    .join("").replace(/^\./, "") ?? "";
  const reason = (issue?.message ?? "does not fit").replace(/\.?$/, ".");
  throw new ReportError(
    `${format}.invalid`,
    `${path === "" ? "The report" : path}: ${reason}`,
    path === "" ? null : path,
  );
}
