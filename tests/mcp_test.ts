// The function mcp, as a client sees it: the official client from npm against a running stack.
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";
import { seed } from "../scripts/eval/evaluate.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { queryResultSchema } from "../supabase/functions/_shared/chat/query_result.ts";
import { attacks, VICTIM_ID } from "../supabase/functions/_shared/testing/chat_corpus/attacks.ts";

/** Names, cost and time that only Bob's rows contain. */
const BOBS_MARKS = /passport|bob's secret|25\.06602|\b7777\b/i;
const IDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  faults: z.array(z.object({ code: z.string(), reason: z.string(), hint: z.string() })).optional(),
});

/** A user's session over MCP. */
interface Session {
  /** Calls a tool that must succeed. */
  call(name: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>;
  /** Calls a tool that must fail. */
  fail(name: string, args: Record<string, unknown>): Promise<z.infer<typeof problemSchema>>;
  readonly client: Client;
}

async function connect(
  { stack }: TestStack,
  customer: Customer,
  mode: "legacy" | "auto" = "auto",
): Promise<Session> {
  const { data: { session } } = await customer.client.auth.getSession();
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  await client.connect(
    new StreamableHTTPClientTransport(new URL(`${stack.apiUrl}/functions/v1/mcp`), {
      requestInit: { headers: { authorization: `Bearer ${session?.access_token}` } },
    }),
  );
  // The client checks results against the schemas that it has listed.
  await client.listTools();
  const ask = async (name: string, args: Record<string, unknown>) => {
    const { content: [first], ...result } = await client.callTool({ name, arguments: args });
    assert.equal(first?.type, "text");
    return { text: first.text, ...result };
  };
  return {
    client,
    call: async (name, args = {}) => {
      const { isError, structuredContent, text } = await ask(name, args);
      assert.ok(!isError, text);
      return z.record(z.string(), z.unknown()).parse(structuredContent);
    },
    fail: async (name, args) => {
      const { isError, structuredContent, text } = await ask(name, args);
      assert.ok(isError, `${name} ${JSON.stringify(args)} must fail`);
      assert.equal(structuredContent, undefined);
      return problemSchema.parse(JSON.parse(text));
    },
  };
}

Deno.test("the MCP server, on a stack of its own", async (t) => {
  await using test = await TestStack.start({
    env: {
      CHAT_MAX_QUESTIONS_PER_MINUTE: "1000",
      CHAT_MAX_QUERIES_PER_MINUTE: "10000",
      DEBUG_MOCK_OPENAI: "true",
    },
  });
  const [ada, bob] = await Promise.all([test.customer(), test.customer()]);
  await seed(test.sql, ada.id, bob.id);
  // The seed's orders hold only what the chat reads of them.
  const [report] = await test.sql<{ id: string }[]>`
    with report as (
      insert into public.reports (owner_id, config_hash, estimated_api_cost, model_count)
      values (${ada.id}, 'hash', 1, 1) returning id, owner_id
    )
    insert into public.report_orders (report_id, owner_id, config_snapshot)
    select id, owner_id, '{
      "prompt": "Read it.", "json_schema": {}, "priorities": ["accuracy"], "images": [{"path": "1"}],
      "runs_per_model": 1, "strategy": "full",
      "models": [{"id": "openai/gpt-6-luna", "name": "Luna", "provider": "OpenAI", "tier": "mid"}]
    }'::jsonb from report returning report_id as id`;
  const report_id = report?.id ?? "";
  const behave = async (behaviour: Record<string, unknown> = {}) => {
    await test.control("openai", "reset", {});
    await test.control("openai", "behaviour", { firstTokenMs: 0, tokenMs: 0, ...behaviour });
  };
  await behave();
  const [adas, bobs] = [await connect(test, ada), await connect(test, bob)];

  await t.step("clients of the revisions of 2026 and 2025 connect", async () => {
    assert.equal(adas.client.getNegotiatedProtocolVersion(), "2026-07-28");
    const older = await connect(test, ada, "legacy");
    assert.match(older.client.getNegotiatedProtocolVersion() ?? "", /^2025-/);
    const { relations } = await older.call("describe_schema", { relation: "benchmarks" });
    assert.match(JSON.stringify(relations), /One|one row each/);
  });

  await t.step(
    "query reads the asker's own rows, and says why a statement is refused",
    async () => {
      const sql = "select round(sum(cost_usd), 8)::float8 as cost from benchmarks";
      for (const [{ call }, cost] of [[adas, 0.14801008], [bobs, 25.06602]] as const) {
        assert.deepEqual(queryResultSchema.parse(await call("query", { sql })).rows, [[cost]]);
      }
      const refusal = await adas.fail("query", { sql: "select pg_sleep(1)" });
      assert.equal(refusal.code, "chat.statement_refused");
      assert.equal(refusal.faults?.[0]?.code, "chat.function_refused");
      assert.match(refusal.detail, /pg_sleep/);
      assert.equal(
        (await adas.fail("query", { sql: "select 1 / (count(*) - count(*)) from benchmarks" }))
          .code,
        "chat.statement_failed",
      );
    },
  );

  await t.step("no attack of the corpus gets past the gate or returns a foreign row", async () => {
    const queue = attacks.values();
    const work = async () => {
      for (const attack of queue) {
        const sql = attack.sql.replaceAll(VICTIM_ID, bob.id);
        const refusal = await adas.fail("query", { sql });
        assert.equal(refusal.code, "chat.statement_refused", attack.name);
        assert.doesNotMatch(JSON.stringify(refusal).replace(IDS, ""), BOBS_MARKS, attack.name);
      }
    };
    await Promise.all([work(), work(), work()]);
    const { rows } = queryResultSchema.parse(
      await bobs.call("query", { sql: "select name from benchmarks" }),
    );
    assert.match(JSON.stringify(rows), BOBS_MARKS, "the marks are Bob's");
  });

  await t.step("ask answers, continues its conversation and leaves a telemetry row", async () => {
    const question = "How many of my benchmarks are complete?";
    const first = await adas.call("ask", { question });
    assert.deepEqual(first["rows"], [[3]]);
    assert.match(String(first["answer"]), /\b3\b/);
    const { conversation_id } = first;
    assert.equal(
      (await adas.call("ask", { question, conversation_id })).conversation_id,
      conversation_id,
    );
    assert.equal(
      (await bobs.fail("ask", { question, conversation_id })).code,
      "resource.not_found",
    );
    await waitFor("two telemetry rows", async () => {
      const [row] = await test.sql<{ rows: number }[]>`
        select count(*)::int as rows from public.chat_telemetry_log
        where user_id = ${ada.id} and user_question = ${question} and error_type is null`;
      return row?.rows === 2;
    });
  });

  await t.step("a cancelled question stops the model", async () => {
    const question = "What does every model charge, at length?";
    await test.control("openai", "questions", {
      questions: [{ question, sql: ["select * from models order by model_id"] }],
    });
    await behave({ tokenMs: 100 });
    const leave = new AbortController();
    await assert.rejects(
      adas.client.callTool({ name: "ask", arguments: { question } }, {
        signal: leave.signal,
        onprogress: ({ message }) => {
          if (message === "Writing the answer") leave.abort();
        },
      }),
    );
    const row = await waitFor("its telemetry row", async () => {
      const [row] = await test.sql`
        select error_message from public.chat_telemetry_log where user_question = ${question}`;
      return row;
    });
    assert.equal(row["error_message"], "The caller disconnected.");
    await behave();
  });

  await t.step(
    "lists and reads the user's own reports, prompts and failing tests only",
    async () => {
      const { reports } = await adas.call("list_reports", { limit: 3 });
      const listed = z.array(z.object({ report_id: z.string(), name: z.string() })).parse(reports);
      assert.equal(listed.length, 3);
      const all: string[] = [];
      for (let after: unknown = undefined; after !== null;) {
        const page = await adas.call("list_reports", { limit: 2, ...after ? { after } : {} });
        all.push(JSON.stringify(page["reports"]));
        after = page["next_after"];
      }
      const count = queryResultSchema.parse(
        await adas.call("query", { sql: "select count(*) from benchmarks" }),
      ).rows[0]?.[0];
      assert.equal(all.join("").split('"report_id"').length - 1, count);
      assert.doesNotMatch(all.join("").replace(IDS, ""), BOBS_MARKS);

      assert.equal(listed[0]?.report_id, report_id);
      const { models } = await adas.call("get_report", { report_id });
      assert.match(JSON.stringify(models), /openai\/gpt-6-luna/);
      assert.equal((await bobs.fail("get_report", { report_id })).code, "resource.not_found");

      const name = "Classify tickets";
      const newest = await adas.call("get_prompt", { name });
      assert.equal(newest["version"], newest["latest_version"]);
      assert.equal((await adas.call("get_prompt", { name, version: 1 }))["version"], 1);
      const [label] = await test.sql<{ label: string; version: number; name: string }[]>`
      select l.label, l.version, p.name from public.prompt_labels l
      join public.prompts p on p.id = l.prompt_id where p.owner_id = ${ada.id} limit 1`;
      assert.ok(label);
      const labelled = await adas.call("get_prompt", { name: label.name, label: label.label });
      assert.equal(labelled["version"], label.version);
      for (const args of [{ name: "No such" }, { name, version: 99 }, { name, label: "nowhere" }]) {
        assert.equal((await adas.fail("get_prompt", args)).code, "resource.not_found");
      }
      assert.equal((await bobs.fail("get_prompt", { name })).code, "resource.not_found");

      const failing = JSON.stringify(await adas.call("failing_tests"));
      assert.doesNotMatch(failing.replace(IDS, ""), BOBS_MARKS);
      const bobsTests = z.object({
        tests: z.array(z.object({
          suite: z.string(),
          failing_since: z.iso.datetime({ offset: true }),
          failed_at: z.iso.datetime({ offset: true }),
          failed_runs: z.number(),
          issue_code: z.string().nullable(),
        })),
      }).parse(await bobs.call("failing_tests", { suite: "bob's secret passports" })).tests;
      // Both of his runs failed.
      assert.ok(bobsTests.length > 0);
      for (const { failed_runs, failing_since, failed_at } of bobsTests) {
        assert.equal(failed_runs, 2);
        assert.ok(new Date(failing_since) < new Date(failed_at));
      }
      assert.ok(bobsTests.some(({ issue_code }) => issue_code === "PASSPORT-HIGH-001"));
      assert.deepEqual((await bobs.call("failing_tests", { branch: "nowhere" }))["tests"], []);
    },
  );
});
