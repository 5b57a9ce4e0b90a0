import type postgres from "postgres";
import { z } from "zod";

const rowSchema = z.object({
  tables: z.array(z.object({
    schema: z.string(),
    name: z.string(),
    comment: z.string().nullable(),
    columns: z.array(z.object({ name: z.string(), type: z.string(), keys: z.array(z.string()) })),
  })),
  foreign_keys: z.array(z.object({
    from: z.string(),
    to: z.string(),
    columns: z.string(),
    is_optional: z.boolean(),
    is_unique: z.boolean(),
  })),
});

type Row = z.infer<typeof rowSchema>;

/** Parts of the product in the document's order. A table belongs to the first that matches. */
const PARTS: readonly (readonly [title: string, tables: RegExp])[] = [
  ["Accounts", /^(accounts|memberships|invitation|audit_log|account_|key_minutes$)/],
  ["Models", /^(models|model_prices|model_changes|providers)$/],
  ["Chat", /^(chat_|askings$|open_chat_turns$)/],
  ["Tracking", /^(test_|issues?$|issue_|known_failures$|judged_|tracking_|watche[dr]_)/],
  ["Datasets", /^dataset/],
  ["Prompts", /^(prompt|runs$|run_|call_cache$)/],
  ["Queue", /^(job_|queue_|worker_|provider_|cost_ledger$)/],
  [
    "Billing",
    /^(report_orders|stripe_(customers|events)|idempotency_keys|prices|credit_entries|billing_settings|operator_notices)$/,
  ],
  ["Report", /^(reports|report_revisions|field_error_counts|kept_error_patterns|model_figures)$/],
  ["Benchmarks", /^(benchmark_|image_|races$|rescored_runs$|owner_links$)/],
];

const INTRODUCTION = `# Schema

Tables that [the migrations](../supabase/migrations) create, by part of the product.
\`deno task schema\` writes this page from the database's catalog and the comments in it, together with
[the whole schema as SQL](../supabase/schema.sql) and [its TypeScript types](../supabase/database.types.ts);
a test compares all three with the migrations.

Tables of the schema \`private\` are not served by the API. Keys to \`auth.users\`, and after the first
part to \`accounts\`, are left out of the diagrams: nearly every table has an owner.

Nothing is deployed before the tag \`v1.0\`: until then a migration may be edited in place. From that tag
on the files are append-only: \`deno task check\` fails when a file of the tag is changed or deleted, and
a change to the schema is a new file.
`;

/**
 * Returns a page of Markdown: for each part of the product an entity-relationship diagram (Mermaid)
 * and one line per table.
 *
 * @throws {Error} naming a table that belongs to no part or has no comment.
 */
export async function describeTables(sql: postgres.Sql): Promise<string> {
  const [row] = await sql.file(new URL("describe_tables.sql", import.meta.url).pathname);
  const { tables, foreign_keys } = rowSchema.parse(row);
  const parts = Map.groupBy(tables, ({ name }) => {
    const [title] = PARTS.find(([, pattern]) => pattern.test(name)) ?? [];
    if (title === undefined) throw new Error(`add ${name} to PARTS in scripts/schema`);
    return title;
  });
  const sections = PARTS.flatMap(([title]) => {
    const members = parts.get(title) ?? [];
    return members.length === 0 ? [] : [describePart(title, members, foreign_keys)];
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function describePart(title: string, tables: Row["tables"], keys: Row["foreign_keys"]): string {
  const names = new Set(tables.map(({ name }) => name));
  const entities = tables.flatMap(({ name, columns }) => [
    `  ${name} {`,
    ...columns.map(({ name, type, keys }) =>
      `    ${toWord(type)} ${name} ${keys.join(", ")}`.trimEnd()
    ),
    "  }",
  ]);
  const relations = keys
    .filter(({ from, to }) => names.has(from) && (to !== "accounts" || names.has(to)))
    .map((key) =>
      `  ${key.to} ${key.is_optional ? "|o" : "||"}--${
        key.is_unique ? "o|" : "o{"
      } ${key.from} : "${key.columns}"`
    );
  const lines = tables.map(({ schema, name, comment }) => {
    if (comment === null) throw new Error(`${schema}.${name} has no comment`);
    return `- \`${schema === "public" ? name : `${schema}.${name}`}\`: ${
      comment.replace(/[<*]/g, "\\$&")
    }`;
  });
  const diagram = ["```mermaid", "erDiagram", ...entities, ...relations, "```"];
  return [`## ${title}`, "", ...lines, "", ...diagram, ""].join("\n");
}

/** Converts a type to the single word that Mermaid allows. */
function toWord(type: string): string {
  return type
    .replace(" with time zone", "tz")
    .replace("double precision", "float8")
    .replace(/^.*\./, "")
    .replaceAll(" ", "_");
}
