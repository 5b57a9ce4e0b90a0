import type { SupabaseClient } from "@supabase/supabase-js";
import { ask } from "../chat/ask.ts";
import { printAnswer } from "../chat/print_answer.ts";
import { SIMULATION_NOTICE } from "../chat/simulation.ts";
import { print, wrap } from "../support/terminal.ts";

const QUESTIONS = [
  "Which model was cheapest per correct field last week?",
  "Which fields are most often wrong?",
];

/** Asks the chat about the customer's benchmark, in one conversation, and prints the answers. */
export async function askQuestions(
  supabase: SupabaseClient,
  place: {
    readonly apiUrl: string;
    readonly publishableKey: string;
    readonly isChatSimulated: boolean;
  },
): Promise<void> {
  const { data: { session } } = await supabase.auth.getSession();
  if (session === null) throw new Error("the customer is not signed in");
  if (place.isChatSimulated) print(`\n${wrap(SIMULATION_NOTICE)}\n"deno task chat" lists them.`);
  let conversationId: string | undefined;
  for (const question of QUESTIONS) {
    print(`\n● The customer asks the chat:\n  ${question}\n`);
    const events = ask({ ...place, accessToken: session.access_token }, {
      question,
      conversationId,
    });
    ({ conversationId } = await printAnswer(events));
  }
}
