import assert from "node:assert/strict";
import { z } from "zod";
import { ask, ChatRefusal } from "../scripts/chat/ask.ts";
import { readCases, seed } from "../scripts/eval/evaluate.ts";
import { listen } from "../scripts/services/listen.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import type { ChatEvent } from "../supabase/functions/_shared/chat/events.ts";
import { FEW_SHOT_EXAMPLES } from "../supabase/functions/_shared/chat/examples.ts";
import { attacks, VICTIM_ID } from "../supabase/functions/_shared/testing/chat_corpus/attacks.ts";

/** Names, cost and time that only Bob's rows contain. */
const BOBS_MARKS = /passport|bob's secret|25\.06602|\b7777\b/i;
const IDS = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** Stack with Ada's and Bob's benchmarks, prompts and tests, and models that answer at once. */
class ChatStack implements AsyncDisposable {
  private constructor(
    readonly test: TestStack,
    readonly ada: Customer,
    readonly bob: Customer,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<ChatStack> {
    const test = await TestStack.start({
      env: { CHAT_MAX_QUESTIONS_PER_MINUTE: "1000", DEBUG_MOCK_OPENAI: "true", ...env },
    });
    const [ada, bob] = await Promise.all([test.customer(), test.customer()]);
    await seed(test.sql, ada.id, bob.id);
    const stack = new ChatStack(test, ada, bob);
    await stack.behave({});
    return stack;
  }

  async behave(behaviour: Record<string, unknown>): Promise<void> {
    await this.test.control("openai", "reset", {});
    await this.test.control("openai", "behaviour", { firstTokenMs: 0, tokenMs: 0, ...behaviour });
  }

  /** Makes the model write these statements for a question. */
  async teach(question: string, ...sql: string[]): Promise<void> {
    await this.test.control("openai", "questions", { questions: [{ question, sql }] });
  }

  async events(
    customer: Customer,
    question: string,
    options: { conversationId?: string; signal?: AbortSignal } = {},
  ): Promise<AsyncGenerator<ChatEvent>> {
    const { data: { session } } = await customer.client.auth.getSession();
    return ask({
      apiUrl: this.test.stack.apiUrl,
      publishableKey: this.test.stack.keys.publishable,
      accessToken: session?.access_token ?? "",
    }, { question, ...options });
  }

  async ask(
    customer: Customer,
    question: string,
    conversationId?: string,
  ): Promise<ChatEvent[]> {
    const options = conversationId === undefined ? {} : { conversationId };
    return await Array.fromAsync(await this.events(customer, question, options));
  }

  /** Waits for the telemetry row of the question last asked in these words. */
  async telemetry(question: string): Promise<Record<string, unknown>> {
    return await waitFor(`telemetry of ${question}`, async () => {
      const [row] = await this.test.sql`
        select *, cost_usd::float8 as cost from public.chat_telemetry_log
        where user_question = ${question} order by created_at desc limit 1`;
      return row;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.test[Symbol.asyncDispose]();
  }
}

type Data = { readonly [Event in ChatEvent as Event["event"]]: Event["data"] };

function only<E extends keyof Data>(events: readonly ChatEvent[], name: E): Data[E][] {
  return events.flatMap((event) => isNamed(event, name) ? [event.data] : []);
}

function isNamed<E extends keyof Data>(
  event: { readonly event: string },
  name: E,
): event is { readonly event: E; readonly data: Data[E] } {
  return event.event === name;
}

function namesOf(events: readonly ChatEvent[]): string[] {
  return events.map(({ event, data }) => event === "status" ? data.status : event)
    .filter((name, index, all) => name !== "delta" || all[index - 1] !== "delta");
}

function textOf(events: readonly ChatEvent[]): string {
  return only(events, "delta").map(({ text }) => text).join("");
}

Deno.test("the chat, on a stack of its own", async (t) => {
  await using stack = await ChatStack.start();
  const { test, ada, bob } = stack;

  await t.step(
    "answers from the user's own rows, sends its events in order, and stores both messages",
    async () => {
      const question = "How many of my benchmarks are complete?";
      const events = await stack.ask(ada, question);
      assert.deepEqual(namesOf(events), [
        ...[
          "understanding",
          "looking_up",
          "sql",
          "rows",
          "response",
          "delta",
          "follow_ups",
          "done",
        ],
      ]);
      assert.deepEqual(only(events, "rows")[0]?.rows, [[3]]);
      assert.match(textOf(events), /\b3\b/);
      assert.equal(only(events, "follow_ups")[0]?.questions.length, 3);
      const [done] = only(events, "done");
      assert.ok(done);
      assert.deepEqual(done.unsupported_figures, []);
      const { data } = await ada.client.from("chat_messages").select("id,role,content,sql")
        .eq("conversation_id", done.conversation_id).order("created_at");
      assert.deepEqual(data?.map(({ role, content }) => [role, content]), [
        ["user", question],
        ["assistant", textOf(events)],
      ]);
      assert.equal(data?.[1]?.id, done.message_id);
      const row = await stack.telemetry(question);
      assert.equal(row["error_type"], null);
      assert.equal(row["result_row_count"], 1);
      assert.equal(row["response_id"], done.response_id);
      assert.equal(row["ai_response"], textOf(events));
      assert.ok(Number(row["sql_input_tokens"]) > 0 && Number(row["response_output_tokens"]) > 0);
      assert.ok(
        Math.abs(Number(row["cost"]) - (done.cost_usd ?? 0)) < 1e-9,
        "what the caller was told it cost is what was written down",
      );
    },
  );

  await t.step("sends a chart with the rows, and stores it with them", async () => {
    const events = await stack.ask(ada, "How much did I spend on each model?");
    const [shown] = only(events, "rows");
    assert.equal(shown?.chart?.mark["type"], "bar");
    assert.equal(shown.chart.data.values.length, shown.row_count);
    const { data } = await ada.client.from("chat_messages").select("rows")
      .eq("id", only(events, "done")[0]?.message_id);
    assert.deepEqual(data?.[0]?.rows, JSON.parse(JSON.stringify(shown)));
    const [one] = only(await stack.ask(ada, "How many benchmarks have I ordered?"), "rows");
    assert.equal(one?.chart, null, "one number needs none");
  });

  await t.step("tells the two users different figures for the same question", async () => {
    const question = "What did all my benchmarks cost together?";
    const [adas, bobs] = await Promise.all([stack.ask(ada, question), stack.ask(bob, question)]);
    const total = (events: readonly ChatEvent[]) => only(events, "rows")[0]?.rows[0]?.[0];
    assert.ok(Math.abs(Number(total(adas)) - 0.14801008) < 1e-9);
    assert.ok(Math.abs(Number(total(bobs)) - 25.06602) < 1e-9);
  });

  await t.step(
    "shows only the user's own rows, whatever is asked and whatever the model writes",
    async () => {
      const cases = [...await readCases(), ...FEW_SHOT_EXAMPLES].map(({ question }) => question);
      for (const [index, { sql, what }] of namedAttacks(bob.id).entries()) {
        // The gate's own test refuses each of them, and the MCP server's sends them all over HTTP.
        if (index % 6 !== 0) continue;
        const question = `Attack ${index}: ${what}`;
        await stack.teach(question, sql);
        cases.push(question);
      }
      // A few at a time, as users come.
      const queue = cases.values();
      const work = async () => {
        for (const question of queue) {
          const events = await stack.ask(ada, question);
          // In random ids any figure may stand.
          assert.doesNotMatch(JSON.stringify(events).replace(IDS, ""), BOBS_MARKS, question);
          if (question.startsWith("Attack")) {
            assert.deepEqual(only(events, "rows"), [], question);
            assert.equal(events.at(-1)?.event, "error", question);
          } else {
            assert.equal(events.at(-1)?.event, "done", `${question} has to be answerable`);
            // Every figure that this model says is one of the rows'.
            assert.deepEqual(only(events, "done")[0]?.unsupported_figures, [], question);
          }
        }
      };
      await Promise.all([work(), work(), work()]);
      for (
        const question of [
          "List the names of my complete benchmarks, the latest first.",
          "What datasets do I have, and how many rows are in each?",
          "Which model did best in my latest prompt run?",
          "Which tests failed in the latest test run, and why?",
          "List the codes and titles of issues that are open or in progress.",
        ]
      ) {
        const own = await stack.ask(bob, question);
        assert.match(
          JSON.stringify(own),
          BOBS_MARKS,
          `${question} has to find Bob's marks for Bob`,
        );
      }
    },
  );

  await t.step("answers an off-topic question without a statement", async () => {
    const question = "What is the weather like today?";
    const events = await stack.ask(ada, question);
    assert.deepEqual(namesOf(events), ["understanding", "response", "delta", "follow_ups", "done"]);
    assert.equal(only(events, "done")[0]?.is_off_topic, true);
    const row = await stack.telemetry(question);
    assert.equal(row["is_off_topic"], true);
    assert.equal(row["generated_sql"], null);
  });

  await t.step("repairs a refused statement, and its events show it", async () => {
    const question = "How many runs did I make in total?";
    const events = await stack.ask(ada, question);
    assert.deepEqual(namesOf(events).slice(0, 5), [
      ...["understanding", "looking_up", "understanding", "looking_up", "sql"],
    ]);
    assert.equal(events.at(-1)?.event, "done");
    const row = await stack.telemetry(question);
    assert.equal(row["generated_sql"], "select count(*) as runs from benchmark_runs");
    assert.equal(row["error_type"], null);
  });

  await t.step("repairs a statement that the database refused", async () => {
    const question = "How many per nothing?";
    await stack.teach(
      question,
      "select count(*) / (select count(*) from benchmarks where false) as ratio from benchmarks",
      "select count(*) as benchmarks from benchmarks",
    );
    const events = await stack.ask(ada, question);
    assert.equal(only(events, "sql").length, 2);
    assert.deepEqual(only(events, "rows")[0]?.rows, [[7]]);
  });

  await t.step(
    "apologizes after the last refusal with its reasons, and records the failure in telemetry",
    async () => {
      const question = "What is the average temperature of my benchmarks?";
      const events = await stack.ask(ada, question);
      const [error] = only(events, "error");
      assert.equal(events.at(-1)?.event, "error");
      assert.equal(error?.code, "chat.statement_refused");
      assert.equal(error?.faults?.[0]?.code, "chat.unknown_column");
      assert.equal(namesOf(events).filter((name) => name === "understanding").length, 3);
      assert.equal(error?.failed_step, "looking_up");
      assert.match(textOf(events), /sorry/);
      const row = await stack.telemetry(question);
      assert.equal(row["error_type"], "sql_validation");
      assert.equal(row["failed_step"], "looking_up");
    },
  );

  await t.step("offers three questions that it can answer after a refusal", async () => {
    const events = await stack.ask(ada, "Which of my benchmarks is the most beautiful?");
    assert.equal(only(events, "error")[0]?.code, "chat.no_statement");
    const offered = only(events, "follow_ups")[0]?.questions ?? [];
    assert.equal(offered.length, 3);
    for (const question of offered) {
      assert.equal((await stack.ask(ada, question)).at(-1)?.event, "done", question);
    }
  });

  await t.step("says when a ceiling is reached, and answers again without it", async () => {
    await test.sql`update private.chat_settings set usd_per_user_day = 0.0001`;
    await assert.rejects(
      stack.ask(ada, "How many of my benchmarks are complete?"),
      (error: unknown) => {
        assert.ok(error instanceof ChatRefusal);
        assert.equal(error.status, 429);
        assert.equal(error.code, "chat.budget_reached");
        assert.match(error.message, /It starts again at \d{4}-\d\d-\d\dT00:00:00/);
        return Number(error.headers.get("retry-after")) > 10;
      },
    );
    await test.sql`update private.chat_settings set usd_per_user_day = null, usd_per_month = null`;
    const events = await stack.ask(ada, "How many of my benchmarks are complete?");
    const [done] = only(events, "done");
    const { data } = await ada.client.from("chat_messages").select("cost_usd")
      .eq("id", done?.message_id).single();
    assert.ok(Math.abs(data?.cost_usd - (done?.cost_usd ?? 0)) < 1e-12);
  });

  await t.step("reports a failed statement with a fixed sentence that quotes no row", async () => {
    const question = "What is the name of each benchmark as a number?";
    await stack.teach(question, "select name::integer as number from benchmarks");
    const events = await stack.ask(ada, question);
    const [error] = only(events, "error");
    assert.equal(error?.code, "chat.statement_failed");
    assert.equal(error?.["sql_state"], "22P02");
    const told = JSON.stringify(events.filter(({ event }) => event !== "sql"));
    assert.doesNotMatch(told, /Receipts|Invoices|Menus/);
    assert.doesNotMatch(String((await stack.telemetry(question))["error_message"]), /Receipts/);
  });

  await t.step(
    "reports the step at which a model failed, and keeps what was streamed",
    async () => {
      const question = "How many images does each benchmark have?";
      for (
        const [script, step, type] of [
          [["server_error"], "understanding", "sql_generation"],
          [["rate_limited"], "understanding", "sql_generation"],
          [["unauthorized"], "understanding", "sql_generation"],
          [["ok", "server_error"], "response", "response_generation"],
          [["ok", "error_in_stream"], "response", "response_generation"],
          [["ok", "malformed"], "response", "response_generation"],
          [["ok", "disconnect"], "response", "response_generation"],
        ] as const
      ) {
        await stack.behave({ script });
        const asked = `${question} ${script.join()}`;
        await stack.teach(asked, "select name, image_count from benchmarks order by name");
        const events = await stack.ask(ada, asked);
        const [error] = only(events, "error");
        assert.equal(error?.failed_step, step, asked);
        assert.equal(error?.code, "chat.unavailable", asked);
        const row = await stack.telemetry(asked);
        assert.equal(row["error_type"], type, asked);
        assert.equal(row["failed_step"], step, asked);
      }
      await stack.behave({});
    },
  );

  await t.step("continues a conversation with its earlier messages", async () => {
    const first = await stack.ask(ada, "Which benchmark has not been paid yet?");
    const conversation = only(first, "done")[0]?.conversation_id ?? "";
    const second = await stack.ask(ada, "What is still running?", conversation);
    assert.equal(only(second, "done")[0]?.conversation_id, conversation);
    const requests = z.array(z.object({
      messages: z.array(z.object({ role: z.string(), content: z.string() })),
      response_format: z.object({ type: z.string() }).optional(),
    })).parse(await test.inspect("openai", "requests"));
    const asked = requests.findLast(({ response_format }) =>
      response_format?.type === "json_schema"
    )
      ?.messages.map(({ content }) => content) ?? [];
    assert.ok(asked.includes("Which benchmark has not been paid yet?"));
    const { data } = await ada.client.from("chat_conversations").select("id,title")
      .eq("id", conversation);
    assert.deepEqual(data, [{ id: conversation, title: "Which benchmark has not been paid yet?" }]);
    const { count } = await ada.client.from("chat_messages")
      .select("id", { count: "exact", head: true }).eq("conversation_id", conversation);
    assert.equal(count, 4);
    await assert.rejects(
      stack.ask(bob, "What is still running?", conversation),
      (error: unknown) => error instanceof ChatRefusal && error.status === 404,
      "a conversation is its owner's alone",
    );
    const { data: seen } = await bob.client.from("chat_messages").select("id")
      .eq("conversation_id", conversation);
    assert.deepEqual(seen, []);
  });

  await t.step(
    "stops the model when the caller disconnects, and stores a telemetry row",
    async () => {
      const question = "What does every model charge, at length?";
      await stack.teach(question, "select * from models order by model_id");
      await stack.behave({ tokenMs: 100 });
      const leave = new AbortController();
      await assert.rejects(async () => {
        for await (const { event } of await stack.events(ada, question, { signal: leave.signal })) {
          if (event === "delta") leave.abort();
        }
      });
      await waitFor("the model's call to be broken off", async () => {
        const { aborted } = z.object({ aborted: z.number() })
          .parse(await test.inspect("openai", "stats"));
        return aborted === 1;
      });
      const row = await stack.telemetry(question);
      assert.equal(row["failed_step"], "response");
      assert.equal(row["error_type"], "unexpected");
      assert.notEqual(row["generated_sql"], null);
      await stack.behave({});
    },
  );

  await t.step("stops a call that has not started to answer", async () => {
    const question = "What is still running, if anything?";
    await stack.behave({ script: ["hang"] });
    const leave = new AbortController();
    await assert.rejects(async () => {
      for await (const { event } of await stack.events(ada, question, { signal: leave.signal })) {
        if (event === "status") leave.abort();
      }
    });
    assert.equal((await stack.telemetry(question))["failed_step"], "understanding");
    await stack.behave({});
  });

  await t.step("refuses an invalid question before it streams", async () => {
    const { data: { session } } = await ada.client.auth.getSession();
    const post = async (body: unknown, token: string | undefined = session?.access_token) => {
      const response = await fetch(`${test.stack.apiUrl}/functions/v1/chat`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      });
      const problem = await response.json();
      return [response.status, problem.errors?.[0]?.path];
    };
    assert.deepEqual(await post({ question: "" }), [422, "question"]);
    assert.deepEqual(await post({ question: "x".repeat(4001) }), [422, "question"]);
    assert.deepEqual(await post({ question: "a\0b" }), [422, "question"]);
    assert.deepEqual(await post({ question: "a", conversation_id: "1" }), [422, "conversation_id"]);
    assert.deepEqual(await post({ question: "a", sql: "select 1" }), [422, "sql"]);
    assert.equal((await post({ question: "a" }, "forged"))[0], 401);
    assert.equal((await post({ question: "a", conversation_id: crypto.randomUUID() }))[0], 404);
  });

  await t.step("answers one user the same whether or not the other has rows", async () => {
    const cases = await readCases();
    // Cron refreshes the models once in the stack's life, and some questions are about them.
    await test.sql`select private.request_models_sync()`;
    await waitFor("the providers' lists to be read", async () => {
      const unread = await test.sql`select from private.providers where tried_at is null`;
      return unread.length === 0;
    });
    const readAll = () =>
      test.sql.begin(async (transaction) => {
        await transaction`set local role service_role`;
        await transaction`set local statement_timeout = 5000`;
        const answers = new Map<string, unknown>();
        for (const { question, sql } of cases) {
          const [row] = await transaction`select public.run_chat_query(${ada.id}, ${sql}) as rows`;
          const rows = z.array(z.unknown()).parse(row?.["rows"]["rows"]);
          // Rows that tie in a statement's order come in any order.
          answers.set(question, rows.map((values) => JSON.stringify(values)).sort());
        }
        return answers;
      });
    const before = await readAll();
    for (const table of ["reports", "runs", "prompts", "datasets", "issues", "test_runs"]) {
      const gone = await test.sql`
        delete from ${test.sql(`public.${table}`)} where owner_id = ${bob.id} returning id`;
      assert.ok(gone.length > 0, table);
    }
    assert.deepEqual(await readAll(), before);
  });

  await t.step("stores one telemetry row for every accepted question", async () => {
    await waitFor("as many rows as questions", async () => {
      const [counts] = await test.sql<[{ asked: number; logged: number }]>`
        select (select count(*)::int from public.chat_messages where role = 'user') as asked,
          (select count(*)::int from public.chat_telemetry_log) as logged`;
      assert.ok(counts.asked > 100 && counts.logged <= counts.asked);
      return counts.asked === counts.logged;
    });
  });
});

Deno.test("a user over the limit is told how long to wait, and answered questions are traced", async () => {
  const spans: unknown[] = [];
  const collector = await listen(async (request) => {
    if (new URL(request.url).pathname === "/v1/traces") spans.push(await request.json());
    return Response.json({});
  });
  try {
    await using stack = await ChatStack.start({
      CHAT_MAX_QUESTIONS_PER_MINUTE: "2",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    const question = "How many of my benchmarks are complete?";
    await stack.ask(stack.ada, question);
    await stack.ask(stack.ada, question);
    await assert.rejects(stack.ask(stack.ada, question), (error: unknown) => {
      assert.ok(error instanceof ChatRefusal);
      assert.equal(error.status, 429);
      const seconds = Number(error.headers.get("retry-after"));
      assert.ok(seconds > 0 && seconds <= 60);
      return true;
    });
    assert.equal((await stack.ask(stack.bob, question)).at(-1)?.event, "done");
    // Two calls a question.
    await waitFor("six spans", () => Promise.resolve(spans.length === 6));
    const text = JSON.stringify(spans);
    for (
      const name of [
        "gen_ai.request.model",
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.conversation.id",
      ]
    ) assert.ok(text.includes(`"${name}"`), name);
    assert.ok(!text.includes(question), "prompts are traced only where that is asked for");
  } finally {
    await collector.stop();
  }
});

function namedAttacks(victim: string): { sql: string; what: string }[] {
  return attacks.map((attack) => ({
    sql: attack.sql.replaceAll(VICTIM_ID, victim),
    what: `${attack.class}, ${attack.name}`,
  }));
}
