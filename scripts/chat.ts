/**
 * Asks the chat of the running stack a question about the demo customer's data, or about those
 * of the account whose key is in `MODELPICK_KEY`, and prints the answer as it is written:
 *
 *     deno task chat "which model was cheapest per correct field last week?"
 *     deno task chat --account "Web shop" "which tests failed in the latest test run, and why?"
 *
 * Without a question it lists those that the simulation can answer, which plays the model without a
 * key. Exits 1 if there is no answer.
 */
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { Command, Option } from "commander";
import { ask, ChatRefusal } from "./chat/ask.ts";
import { printAnswer } from "./chat/print_answer.ts";
import { isKnownToSimulation, listQuestions, SIMULATION_NOTICE } from "./chat/simulation.ts";
import { DEMO_CREDENTIALS } from "./demo/customer.ts";
import { loadConfig } from "./stack/config.ts";
import { findRunningStack, type StackState } from "./stack/state_file.ts";
import { addStackDir, messageOf, runProgram, type StackOptions } from "./support/command.ts";
import { print, wrap } from "./support/terminal.ts";

interface Options extends StackOptions {
  readonly account?: string;
  readonly conversation?: string;
  readonly key?: string;
}

const program = addStackDir(new Command("chat"))
  .description("Ask about your benchmarks, prompts and tests in plain language.")
  .argument("[question...]", "the question, quoted or not; without it, what the simulation knows")
  .option(
    "--account <name>",
    "team to ask about, by its name or id; default: the demo customer's own data",
  )
  .option("--conversation <id>", "continue a conversation")
  .addOption(
    new Option("--key <key>", "key of the account to ask about, mp_…, with the scope run")
      .env("MODELPICK_KEY"),
  )
  .action(async (words: string[], options: Options) => {
    const question = words.join(" ");
    if (question === "") return print(`${wrap(SIMULATION_NOTICE)}\n\n${listQuestions()}`);
    const { stackDir } = await loadConfig({ stackDir: options.stackDir });
    const stack = await findRunningStack(stackDir);
    if (stack === undefined) {
      throw new Error('No stack is running: start one with "deno task start".');
    }
    const { accessToken, accountId } = options.key === undefined
      ? await signInDemoCustomer(stack, options.account)
      : { accessToken: options.key, accountId: options.account };
    if (stack.localServices["openai"] !== undefined) {
      print(`${wrap(SIMULATION_NOTICE)}\n`);
      if (!isKnownToSimulation(question)) {
        print(`It does not know this question. These it does:\n\n${listQuestions()}\n`);
      }
    }
    const asker = options.key === undefined ? DEMO_CREDENTIALS.email : "The key";
    const about = options.account === undefined ? "" : ` about ${options.account}`;
    print(`${asker} asks${about}: ${question}\n`);
    const stop = new AbortController();
    Deno.addSignalListener("SIGINT", () => stop.abort(new Error("Stopped.")));
    const { isAnswered, conversationId } = await printAnswer(ask({
      apiUrl: stack.apiUrl,
      publishableKey: stack.publishableKey,
      accessToken,
      accountId,
    }, {
      question,
      conversationId: options.conversation,
      signal: stop.signal,
    }));
    if (conversationId !== undefined) {
      print(`\nContinue with --conversation ${conversationId}`);
    }
    Deno.exit(isAnswered ? 0 : 1);
  });

/** Signs in, and finds the account by its name or id if one is asked for. */
async function signInDemoCustomer(
  stack: StackState,
  account: string | undefined,
): Promise<{ accessToken: string; accountId: string | undefined }> {
  const supabase = createClient(stack.apiUrl, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await supabase.auth.signInWithPassword(DEMO_CREDENTIALS);
  if (error !== null) {
    throw new Error(
      `${DEMO_CREDENTIALS.email} cannot sign in (${error.message}): "deno task demo" creates the demo customer.`,
    );
  }
  const accountId = account === undefined ? undefined : await findAccount(supabase, account);
  return { accessToken: data.session.access_token, accountId };
}

async function findAccount(supabase: SupabaseClient, account: string): Promise<string> {
  const { data, error } = await supabase.from("accounts").select("id, name").order("name");
  if (error !== null) throw new Error(`the accounts cannot be read: ${error.message}`);
  const found = data.filter(({ id, name }) => id === account || name === account);
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one.id;
  const names = data.map(({ id, name }) => `${name} (${id})`).join(", ");
  throw new Error(
    found.length === 0
      ? `${DEMO_CREDENTIALS.email} is no member of ${account}, but of: ${names}`
      : `${account} is the name of several accounts, give an id: ${names}`,
  );
}

await runProgram(program, (error) => {
  if (error instanceof ChatRefusal) return `${error.status} ${error.code}: ${error.message}`;
  return messageOf(error);
});
