/**
 * Asks the configured model of the chat every question of `examples/chat-eval`, and prints the share of
 * right results. Without a key it asks the simulated model.
 *
 *     deno task eval:chat [--minimum <percent>]
 *
 * Exits 1 below the minimum.
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
import { evaluate, readCases, seed } from "./eval/evaluate.ts";
import { startOpenAiService } from "./services/openai/server.ts";

function parsePercent(text: string): number {
  const percent = Number(text);
  if (percent >= 0 && percent <= 100) return percent;
  throw new InvalidArgumentError("must be a number from 0 to 100");
}

await new Command("eval:chat")
  .description("Measure how often the chat's model finds the right rows.")
  .option("--minimum <percent>", "exit with 1 below it", parsePercent, 0)
  .action(async ({ minimum }: { minimum: number }) => {
    const env = parseEnv(z.object({ ...providerEnv, ...chatEnv }), Deno.env.toObject());
    const endpoint = readProviderEndpoints(env)[env.CHAT_PROVIDER];
    await using simulation = endpoint === undefined ? await simulate() : null;
    const model = createChatModel({
      provider: env.CHAT_PROVIDER,
      endpoint: endpoint ?? { baseUrl: simulation?.baseUrl ?? "", apiKey: null },
      timeoutMs: env.CHAT_MODEL_TIMEOUT_SECONDS * 1000,
    });
    await using database = await startBenchDatabase();
    await seed(database.sql);
    const cases = await readCases();
    const who = simulation === null
      ? `${env.CHAT_SQL_MODEL} of ${env.CHAT_PROVIDER}`
      : "a simulated model, which knows the answers";
    console.log(`${cases.length} questions to ${who}\n`);
    let right = 0;
    const evaluated = evaluate(cases, database.url, model, env.CHAT_SQL_MODEL);
    for await (const { question, fault } of evaluated) {
      if (fault === null) right++;
      console.log(fault === null ? `✓ ${question}` : `✗ ${question}\n    ${fault}`);
    }
    const accuracy = 100 * right / cases.length;
    console.log(
      `\nExecution accuracy ${accuracy.toFixed(1)} %: ${right} of ${cases.length}, by ${who}.`,
    );
    if (accuracy < minimum) Deno.exitCode = 1;
  })
  .parseAsync(Deno.args, { from: "user" });

async function simulate() {
  const service = await startOpenAiService({ behaviour: { firstTokenMs: 0, tokenMs: 0 } });
  return { ...service, [Symbol.asyncDispose]: () => service.stop() };
}
