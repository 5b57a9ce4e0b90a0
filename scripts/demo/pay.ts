import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { explainError } from "../support/explain_error.ts";
import type { DemoStack } from "./start_stack.ts";
import { print } from "../support/terminal.ts";

const checkoutSchema = z.object({
  report_id: z.string(),
  checkout_url: z.url(),
  estimate: z.object({ total_usd: z.number(), runs_per_model: z.number() }),
});

/** A paid order. */
export type Order = z.output<typeof checkoutSchema>;

/** Checks the draft out and pays for it. */
export async function payFor(
  supabase: SupabaseClient,
  draft: string,
  stack: Pick<DemoStack, "hasLocalStripe">,
): Promise<Order> {
  const body = { draft_id: draft };
  const { data, error } = await supabase.functions.invoke("checkout", { body });
  if (error) throw new Error(`checkout failed: ${await explainError(error)}`);
  const order = checkoutSchema.parse(data);
  print(`Payment page ${order.checkout_url}`);
  if (stack.hasLocalStripe) {
    await payLocally(order.checkout_url);
  } else {
    print(
      "Open it and pay with the test card 4242 4242 4242 4242. The demo continues after that.",
    );
  }
  return order;
}

/** Pays on the local payment page as its form does. */
export async function payLocally(checkoutUrl: string): Promise<void> {
  const response = await fetch(checkoutUrl, {
    method: "POST",
    body: new URLSearchParams({ action: "pay", email: "customer@example.com" }),
    redirect: "manual",
  });
  await response.body?.cancel();
  if (response.status >= 400) throw new Error(`paying failed: ${response.status}`);
}
