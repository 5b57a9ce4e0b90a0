import { z } from "zod";

const relationSchema = z.object({
  /** Name without a schema: the schema is always `chat`. */
  name: z.string(),
  /** Comment on the view in the database. */
  comment: z.string().nullable(),
  columns: z.array(z.object({
    name: z.string(),
    /** SQL type as Postgres' `format_type` writes it: `numeric(10,4)`. */
    type: z.string(),
    comment: z.string().nullable(),
  })),
});
export type ChatRelation = z.infer<typeof relationSchema>;

/** Result of the SQL function `chat_schema()`. */
export const chatSchemaSchema = z.object({ relations: z.array(relationSchema) });

/** Relations that the chat may query: a statement may name these alone, and the model is told of them. */
export type ChatSchema = z.infer<typeof chatSchemaSchema>;

/** Descriptions by schema: a schema is kept for minutes and described for every question. */
const descriptions = new WeakMap<ChatSchema, string>();

/**
 * Returns the schema as the model reads it, with the comments from the database: one line a
 * relation, one line a column.
 *
 * @example
 * // reports: One order of a benchmark.
 * //  id uuid
 * //  total_api_cost numeric: USD.
 */
export function describeSchema(schema: ChatSchema): string {
  const known = descriptions.get(schema);
  if (known !== undefined) return known;
  const text = schema.relations.map(describeRelation).join("\n");
  descriptions.set(schema, text);
  return text;
}

function describeRelation({ name, comment, columns }: ChatRelation): string {
  return [
    withComment(name, comment),
    // One space: two would cost one more token for every column.
    ...columns.map(({ name, type, comment }) =>
      // Without precision and scale, on which no statement depends.
      withComment(` ${name} ${type.replace(/\(.*\)$/, "")}`, comment)
    ),
  ].join("\n");
}

function withComment(text: string, comment: string | null): string {
  // A comment of several lines would look like columns.
  return comment === null ? text : `${text}: ${comment.replace(/\s+/g, " ").trim()}`;
}
