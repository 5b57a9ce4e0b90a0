/**
 * Asks a model every question of `examples/chat-eval`, and prints the share of right results by area
 * with 95 % intervals, how the other questions ended, cost and latency. Without a key it asks the
 * simulated model, which only checks that everything fits together.
 *
 *     deno task eval:chat [--provider <name>] [--model <name>] [--minimum <percent>] [--no-keep]
 *
 * Keeps the result in `docs/chat-eval.json` and writes `docs/chat-eval.md` from it. Exits 1 below the
 * minimum, and if the provider does not answer.
 */
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { createChatModel } from "../supabase/functions/_shared/chat/chat_model.ts";
import { chatEnv } from "../supabase/functions/_shared/chat/env.ts";
import {
  providerEnv,
  readProviderEndpoints,
} from "../supabase/functions/_shared/models/provider_env.ts";
import { parseEnv } from "../supabase/functions/_shared/platform/env.ts";
import { startBenchDatabase } from "./bench/bench_database.ts";
import { type EvaluatedCase, openEvaluation, readCases, seed } from "./eval/evaluate.ts";
import { keepFile } from "./eval/keep_file.ts";
import { accuracyOf, printResult, SIMULATED, summarize } from "./eval/report.ts";
import { startOpenAiService } from "./services/openai/server.ts";
import { runProgram } from "./support/command.ts";
import { terminalWidth } from "./support/terminal.ts";

interface Options {
  readonly provider?: string;
  readonly model?: string;
  readonly minimum: number;
  readonly keep: boolean;
}

/** Calls in a row without an answer after which the rest is not asked. */
const MOST_UNANSWERED = 3;

function parsePercent(text: string): number {
  const percent = Number(text);
  if (percent >= 0 && percent <= 100) return percent;
  throw new InvalidArgumentError("must be a number from 0 to 100");
}

const program = new Command("eval:chat")
  .description("Measure how often the chat's model finds the right rows.")
  .option("--provider <name>", "provider of the model; by default CHAT_PROVIDER")
  .option("--model <name>", "model, named as in the price list; by default CHAT_SQL_MODEL")
  .option("--minimum <percent>", "exit with 1 below it", parsePercent, 0)
  .option("--no-keep", "leave docs/chat-eval.json and docs/chat-eval.md as they are")
  .action(run);

async function run({ provider, model: name, minimum, keep }: Options): Promise<void> {
  const env = parseEnv(z.object({ ...providerEnv, ...chatEnv }), {
    ...Deno.env.toObject(),
    ...provider === undefined ? {} : { CHAT_PROVIDER: provider },
    ...name === undefined ? {} : { CHAT_SQL_MODEL: name },
  });
  const endpoint = readProviderEndpoints(env)[env.CHAT_PROVIDER];
  if (endpoint === undefined && (provider ?? name) !== undefined) {
    const prefix = env.CHAT_PROVIDER.toUpperCase();
    throw new Error(`set ${prefix}_API_KEY or ${prefix}_BASE_URL`);
  }
  await using simulation = endpoint === undefined ? await simulate() : null;
  const model = createChatModel({
    provider: env.CHAT_PROVIDER,
    endpoint: endpoint ?? { baseUrl: simulation?.baseUrl ?? "", apiKey: null },
    timeoutMs: env.CHAT_MODEL_TIMEOUT_SECONDS * 1000,
  });
  await using database = await startBenchDatabase();
  await seed(database.sql);
  await using evaluation = openEvaluation(database.url, model, env.CHAT_SQL_MODEL);
  const cases = await readCases();
  console.log(
    simulation === null
      ? `${cases.length} questions to ${env.CHAT_SQL_MODEL} of ${env.CHAT_PROVIDER}\n`
      : `${cases.length} questions to the simulated model, because no key is set. It knows the\nanswers: this checks the harness, and says nothing about any model.\n`,
  );
  const evaluated: EvaluatedCase[] = [];
  for (const given of cases) {
    const one = await evaluation.ask(given);
    evaluated.push(one);
    console.log(one.fault === null ? `✓ ${one.question}` : `✗ ${one.question}\n    ${one.fault}`);
    const last = evaluated.slice(-MOST_UNANSWERED);
    if (
      last.length === MOST_UNANSWERED && last.every(({ outcome }) => outcome === "unavailable")
    ) {
      throw new Error("the provider does not answer: check its key and the model's name");
    }
  }
  const result = summarize(evaluated, {
    model: simulation === null ? env.CHAT_SQL_MODEL : SIMULATED,
    provider: simulation === null ? env.CHAT_PROVIDER : SIMULATED,
    date: new Date().toISOString().slice(0, 10),
    is_simulated: simulation !== null,
  });
  console.log(`\n${printResult(result, terminalWidth())}`);
  if (keep) await keepFile(result);
  if (accuracyOf(result) < minimum) Deno.exitCode = 1;
}

async function simulate() {
  const service = await startOpenAiService({ behaviour: { firstTokenMs: 0, tokenMs: 0 } });
  return { ...service, [Symbol.asyncDispose]: () => service.stop() };
}

await runProgram(program);
