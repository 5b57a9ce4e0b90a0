/**
 * Asks the chat of the running stack a question about the demo customer's data, or another's, and
 * prints the answer as it is written:
 *
 *     deno task chat "which model was cheapest per correct field last week?"
 *
 * Exits 1 where there is no answer.
 */
import { createClient } from "@supabase/supabase-js";
import { Command } from "commander";
import { z } from "zod";
import { ask, ChatRefusal } from "./chat/ask.ts";
import { printAnswer } from "./chat/print_answer.ts";
import { DEMO_CREDENTIALS } from "./demo/customer.ts";
import { loadConfig } from "./stack/config.ts";
import { findRunningStack } from "./stack/state.ts";

const optionsSchema = z.object({
  conversation: z.string().optional(),
  email: z.string(),
  password: z.string(),
  stackDir: z.string(),
});

/** A sentence for the person at the terminal. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

const program = new Command("chat")
  .description("Ask about your benchmarks, prompts and tests in plain language.")
  .argument("<question...>", "the question, quoted or not")
  .option("--conversation <id>", "go on with a conversation")
  .option("--email <address>", "whose data to ask about", DEMO_CREDENTIALS.email)
  .option("--password <password>", "of that account", DEMO_CREDENTIALS.password)
  .option("--stack-dir <directory>", "where the stack keeps its data", ".stack")
  .action(async (words: string[], given: unknown) => {
    const options = optionsSchema.parse(given);
    const stack = await findRunningStack(
      (await loadConfig({ stackDir: options.stackDir })).stackDir,
    );
    if (stack === undefined) throw new UsageError('No stack is running: "deno task start" first.');
    const supabase = createClient(stack.apiUrl, stack.publishableKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { data, error } = await supabase.auth.signInWithPassword(options);
    if (error !== null) {
      throw new UsageError(
        `${options.email} cannot sign in (${error.message}); "deno task demo" makes the demo's customer.`,
      );
    }
    const simulation = stack.standIns["openai"] === undefined
      ? ""
      : " (answered by a simulated model)";
    console.log(`${options.email} asks: ${words.join(" ")}${simulation}\n`);
    const stop = new AbortController();
    Deno.addSignalListener("SIGINT", () => stop.abort(new UsageError("Stopped.")));
    const { isAnswered, conversationId } = await printAnswer(ask({
      apiUrl: stack.apiUrl,
      publishableKey: stack.publishableKey,
      accessToken: data.session.access_token,
    }, {
      question: words.join(" "),
      conversationId: options.conversation,
      signal: stop.signal,
    }));
    if (conversationId !== undefined) {
      console.log(`\nGo on with --conversation ${conversationId}`);
    }
    Deno.exit(isAnswered ? 0 : 1);
  });

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  console.error(
    error instanceof ChatRefusal
      ? `${error.status} ${error.code}: ${error.message}`
      : error instanceof Error
      ? error.message
      : String(error),
  );
  Deno.exit(1);
}
