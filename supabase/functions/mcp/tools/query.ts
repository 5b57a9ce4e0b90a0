import { z } from "zod";
import type { AskDeps } from "../../_shared/chat/ask_question.ts";
import { QueryError, statementFailed, statementRefused } from "../../_shared/chat/failures.ts";
import type { TakeQuery } from "../../_shared/chat/store.ts";
import { Problem, rateLimited } from "../../_shared/platform/http/problem.ts";
import { READS_ONLY, type Tool } from "../tool.ts";
import { fitRows, rowsOutput } from "./rows.ts";

/** Dependencies of {@link createQuery}. */
export interface QueryDeps extends Pick<AskDeps, "checkQuery" | "settings" | "store"> {
  readonly takeQuery: TakeQuery;
  /** Limit of one user or key. */
  readonly maxQueriesPerMinute: number;
}

const input = z.strictObject({
  sql: z.string().describe("One SELECT in PostgreSQL's SQL, at most 8,192 bytes."),
});
const output = z.object(rowsOutput);

/** Creates the tool that runs a statement through the chat's gate and with the chat's rights. */
export function createQuery(deps: QueryDeps): Tool<typeof input, typeof output> {
  return {
    name: "query",
    title: "Query your data with SQL",
    description:
      "Runs one SELECT over the relations that describe_schema lists. They show the user's own rows only. Everything that is not known to be safe is refused, with what to write instead; a statement cannot change anything.",
    input,
    output,
    annotations: READS_ONLY,
    run: async ({ sql }, { member, signal }) => {
      const wait = await deps.takeQuery(member, deps.maxQueriesPerMinute);
      if (wait !== null) throw rateLimited(wait);
      const verdict = await deps.checkQuery(sql, await deps.store.schema());
      if (!verdict.ok) throw statementRefused(verdict.faults, verdict.cause).problem;
      try {
        const { maxRows, queryTimeoutMs: timeoutMs } = deps.settings;
        const result = await deps.store.run(member, verdict.sql, { maxRows, timeoutMs }, signal);
        return { output: fitRows(result) };
      } catch (error) {
        if (!(error instanceof QueryError)) throw error;
        const { problem, hint } = statementFailed(error);
        throw new Problem(problem.code, problem.message, {
          members: { ...problem.members, ...hint === null ? {} : { hint } },
          cause: error,
        });
      }
    },
  };
}
