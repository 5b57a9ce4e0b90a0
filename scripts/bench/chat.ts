import OpenAI from "openai";
import { z } from "zod";
import { ask } from "../chat/ask.ts";
import { seed } from "../eval/evaluate.ts";
import { planEnvironment } from "../stack/plan_environment.ts";
import { TestStack } from "../testing/stack.ts";
import { type Benchmark, interleave, repeat } from "./harness.ts";

const QUESTION = "Which model was cheapest per correct field last week?";
/** Pairs of questions per round. */
const QUESTIONS = 40;
const GOALS = { p50: 15, p95: 40 };
/** Short latencies, so that a round has many questions. The overhead does not depend on them. */
const MODEL = { firstTokenMs: 20, tokenMs: 0 };

const requestsSchema = z.array(z.looseObject({
  model: z.string(),
  messages: z.array(
    z.object({ role: z.enum(["system", "user", "assistant"]), content: z.string() }),
  ),
  stream: z.boolean().nullish(),
}));
type Calls = z.infer<typeof requestsSchema>;

/** Benchmark of the time that the chat adds to the models' own until the first words arrive. */
export const chat: Benchmark = {
  name: "chat",
  summary: "time to the first words of an answer, beside the same model calls without the chat",
  async *run(options) {
    await using test = await TestStack.start({
      env: { CHAT_MAX_QUESTIONS_PER_MINUTE: "1000", DEBUG_MOCK_OPENAI: "true" },
    });
    await test.control("openai", "behaviour", MODEL);
    const customer = await test.customer();
    await seed(test.sql, customer.id);
    const { data: { session } } = await customer.client.auth.getSession();
    const caller = {
      apiUrl: test.stack.apiUrl,
      publishableKey: test.stack.keys.publishable,
      accessToken: session?.access_token ?? "",
    };
    await readFirstWords(caller);
    // Exactly the calls that the chat made, to be made again without the chat.
    const calls = requestsSchema.parse(await test.inspect("openai", "requests")).slice(-2);
    const bare = new OpenAI({
      baseURL: `${test.stack.localServices["openai"]}/v1`,
      apiKey: planEnvironment(test.stack.config, {}).env["OPENAI_API_KEY"],
      maxRetries: 0,
    });

    const measure = async () => {
      const pairs = await repeat(QUESTIONS, async () => {
        const alone = await timeBareCalls(bare, calls);
        const { headMs, wordsMs } = await readFirstWords(caller);
        return { added: wordsMs - alone, headMs };
      });
      const added = pairs.map((pair) => pair.added);
      const head = quantile(pairs.map(({ headMs }) => headMs), 0.5);
      return { p50: quantile(added, 0.5), p95: quantile(added, 0.95), head };
    };
    const results = await interleave({ chat: measure }, options);
    yield {
      title: `Chat: time added before the first words, ${QUESTIONS} pairs per round`,
      unit: "ms",
      rows: [
        results.row("chat", "p50", {
          label: "added to the two model calls, p50",
          goal: { atMost: GOALS.p50 },
        }),
        results.row("chat", "p95", {
          label: "added to the two model calls, p95",
          goal: { atMost: GOALS.p95 },
        }),
        results.row("chat", "head", { label: "first event, p50" }),
      ],
      notes: [
        "Added: time from the question to the first words, minus the time of the same two calls made directly to the simulated model. It includes sign-in, two statements, the SQL check, the query, and the local stack's gateway and function host.",
      ],
    };
  },
};

/** Makes the two calls one after the other. Returns milliseconds to the first words of the second. */
async function timeBareCalls(client: OpenAI, [first, second]: Calls): Promise<number> {
  if (first === undefined || second === undefined) {
    throw new Error("the chat did not make two calls");
  }
  const startedAt = performance.now();
  await client.chat.completions.create({ ...first, stream: false });
  const stream = await client.chat.completions.create({ ...second, stream: true });
  let wordsMs = NaN;
  for await (const { choices } of stream) {
    if (Number.isNaN(wordsMs) && choices[0]?.delta.content) wordsMs = performance.now() - startedAt;
  }
  return wordsMs;
}

async function readFirstWords(caller: Parameters<typeof ask>[0]) {
  const startedAt = performance.now();
  let headMs = NaN;
  let wordsMs = NaN;
  for await (const { event } of ask(caller, { question: QUESTION })) {
    if (Number.isNaN(headMs)) headMs = performance.now() - startedAt;
    if (event === "delta" && Number.isNaN(wordsMs)) wordsMs = performance.now() - startedAt;
    if (event === "error") throw new Error("the chat answered with an error");
  }
  return { headMs, wordsMs };
}

/** Returns the smallest value that at least the given share of all values does not exceed. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1] ?? NaN;
}
