import { z } from "zod";
import { chatSchemaSchema, describeSchema } from "../../_shared/chat/chat_schema.ts";
import type { ChatStore } from "../../_shared/chat/store.ts";
import { notFound } from "../../_shared/platform/http/problem.ts";
import { READS_ONLY, type Tool } from "../tool.ts";

const input = z.strictObject({
  relation: z.string().optional().describe("Name of one relation. Default: all."),
});

/** Creates the tool that tells what a query may read. */
export function createDescribeSchema(
  store: Pick<ChatStore, "schema">,
): Tool<typeof input, typeof chatSchemaSchema> {
  return {
    name: "describe_schema",
    title: "Describe what can be queried",
    description:
      "Lists the relations that the tool query may read, with columns, types and comments. Call it before writing SQL.",
    input,
    output: chatSchemaSchema,
    annotations: READS_ONLY,
    run: async ({ relation }) => {
      const schema = await store.schema();
      if (relation === undefined) return { output: schema, text: describeSchema(schema) };
      const relations = schema.relations.filter(({ name }) => name === relation);
      if (relations.length === 0) throw notFound("The relation");
      return { output: { relations }, text: describeSchema({ relations }) };
    },
  };
}
