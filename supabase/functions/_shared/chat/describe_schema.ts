import type { ChatRelation, ChatSchema } from "./schema.ts";

/**
 * The schema as a model reads it, from the comments that stand in the database: a line a relation, a
 * line a column.
 *
 * @example
 * // reports: One order of a benchmark.
 * //  id uuid
 * //  total_api_cost numeric: USD.
 */
export function describeSchema(schema: ChatSchema): string {
  const known = described.get(schema);
  if (known !== undefined) return known;
  const text = schema.relations.map(describeRelation).join("\n");
  described.set(schema, text);
  return text;
}

/** A schema is asked about again and again for as long as it is kept. */
const described = new WeakMap<ChatSchema, string>();

function describeRelation({ name, comment, columns }: ChatRelation): string {
  return [
    withComment(name, comment),
    // One space: two are a token more for every column.
    ...columns.map(({ name, type, comment }) =>
      withComment(` ${name} ${plainType(type)}`, comment)
    ),
  ].join("\n");
}

/** Without precision and scale, on which no statement depends. */
function plainType(type: string): string {
  return type.replace(/\(.*\)$/, "");
}

function withComment(text: string, comment: string | null): string {
  // One that runs over lines would look like columns.
  return comment === null ? text : `${text}: ${comment.replace(/\s+/g, " ").trim()}`;
}
