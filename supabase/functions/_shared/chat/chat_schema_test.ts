import assert from "node:assert/strict";
import { describeSchema } from "./chat_schema.ts";

Deno.test("describeSchema() gives each relation and column its comment from the database", () => {
  const text = describeSchema({
    relations: [{
      name: "benchmarks",
      comment: "One row\n  each.",
      columns: [
        { name: "benchmark_id", type: "uuid", comment: null },
        { name: "cost_usd", type: "numeric(10,4)", comment: "USD." },
      ],
    }],
  });
  assert.equal(text, "benchmarks: One row each.\n benchmark_id uuid\n cost_usd numeric: USD.");
});
