import type { ChatRelation, ChatSchema } from "./schema.ts";

/**
 * The schema as a model reads it, from the comments that stand in the database: a line a relation, a
 * line a column.
 *
 * @example
 * // reports: One order of a benchmark.
 * //   id uuid
 * //   total_api_cost numeric: USD.
 */
export function describeSchema(schema: ChatSchema): string {
  return schema.relations.map(describeRelation).join("\n");
}

function describeRelation({ name, comment, columns }: ChatRelation): string {
  return [
    withComment(name, comment),
    ...columns.map((column) => withComment(`  ${column.name} ${column.type}`, column.comment)),
  ].join("\n");
}

function withComment(text: string, comment: string | null): string {
  // One that runs over lines would look like columns.
  return comment === null ? text : `${text}: ${comment.replace(/\s+/g, " ").trim()}`;
}
