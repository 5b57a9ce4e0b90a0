import { z } from "zod";
import { failingTestSchema } from "../../_shared/tracking/failure_list.ts";
import type { ListFailingTests } from "../../_shared/tracking/failing_tests.ts";
import { READS_ONLY, type Tool } from "../tool.ts";

const input = z.strictObject({
  suite: z.string().optional().describe("Default: all."),
  branch: z.string().optional().describe("Default: all."),
  limit: z.int().min(1).max(50).default(50),
});
const output = z.object({
  tests: z.array(failingTestSchema)
    .describe("By suite, branch and name. failing_since: first failure since it last passed."),
  truncated: z.boolean().describe("True if more tests fail than the limit."),
});

/** Creates the tool that lists the tests that fail now. */
export function createFailingTests(
  listFailingTests: ListFailingTests,
): Tool<typeof input, typeof output> {
  return {
    name: "failing_tests",
    title: "List failing tests",
    description:
      "Lists the tests that failed in the last complete run of each of the user's suites and branches: since when, in how many runs, with what error, and the issue that was found.",
    input,
    output,
    annotations: READS_ONLY,
    run: async ({ suite = null, branch = null, limit }, { member }) => {
      const found = await listFailingTests(member.accountId, { suite, branch, limit: limit + 1 });
      return { output: { tests: found.slice(0, limit), truncated: found.length > limit } };
    },
  };
}
