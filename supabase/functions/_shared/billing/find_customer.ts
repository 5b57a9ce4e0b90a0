import type { ReportStore } from "./store.ts";
import type { PaymentGateway } from "./stripe.ts";

/** Dependencies of {@link findCustomer}. */
export interface CustomerDeps {
  readonly reports: Pick<ReportStore, "claimCustomer" | "keepCustomer">;
  readonly payments: Pick<PaymentGateway, "isLive" | "createCustomer">;
}

/**
 * Returns the customer of an account at Stripe, and creates it for the first order.
 *
 * The two transactions are `claim_customer`, which writes the values to create it with, and
 * `keep_customer`, which records its id. Between them Stripe is asked with an idempotency key of the
 * account. So parallel orders, and one after a crash at any line, get the same customer. If the crash
 * was more than 24 hours ago, Stripe has forgotten the key and creates another; the first has no payment.
 *
 * @param email address of whoever orders
 * @param lost customer that Stripe does not know, which a new one replaces; null for none
 */
export async function findCustomer(
  { reports, payments }: CustomerDeps,
  { accountId, email }: { readonly accountId: string; readonly email: string | undefined },
  lost: string | null = null,
): Promise<string> {
  const { isLive } = payments;
  const claimed = await reports.claimCustomer(accountId, isLive, email ?? null, lost);
  if (claimed.customerId !== null) return claimed.customerId;
  const { name, attempt } = claimed;
  const id = await payments.createCustomer({ accountId, name, email: claimed.email, attempt });
  return await reports.keepCustomer(accountId, isLive, attempt, id);
}
