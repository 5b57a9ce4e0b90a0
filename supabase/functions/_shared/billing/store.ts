import { z } from "zod";
import type { ConfigSnapshot, RunLimits } from "../benchmark/snapshot.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { PaymentEvent } from "./payment_event.ts";
import type { PaymentSession, Price } from "./stripe.ts";

const offeredSchema = z.object({
  /** Reports that the account may order without paying. */
  credits: z.number(),
  offer: z.object({
    name: z.string(),
    reports: z.number(),
    amount: z.number(),
    currency: z.string(),
  }).nullable(),
});

/** A price and what it buys. */
export interface Offer extends Price {
  /** What the pay page calls it. */
  readonly name: string;
  /** Number of reports that it pays for, the ordered one included. */
  readonly reports: number;
}

/** One each second: a page may ask with each change of an order. */
const ESTIMATES_PER_MINUTE = 60;

/** A report that was opened, or found open. */
const openedSchema = z.object({
  report_id: z.guid(),
  status: z.string(),
  checkout_url: z.string().nullable(),
  stripe_session_id: z.string().nullable(),
  is_new: z.boolean(),
  superseded: z.array(z.object({ report_id: z.guid(), stripe_session_id: z.string().nullable() })),
  credit: z.object({ share_token: z.string().nullable(), credits_left: z.number() }).nullable(),
}).transform(({ checkout_url: url, stripe_session_id: id, superseded, credit, ...opened }) => ({
  reportId: opened.report_id,
  status: opened.status,
  isNew: opened.is_new,
  /** Page on which it is paid; null until a session is recorded. */
  session: url !== null && id !== null ? { id, url } : null,
  /** Set if a credit of the account paid for it. */
  credit: credit && { shareToken: credit.share_token, left: credit.credits_left },
  /** Orders of the same draft with another configuration, which this one closed. */
  superseded: superseded.flatMap(({ report_id: reportId, stripe_session_id: sessionId }) =>
    sessionId !== null ? [{ reportId, sessionId }] : []
  ),
}));
export type OpenedReport = z.output<typeof openedSchema>;

const claimedSchema = z.object({
  customer_id: z.string().nullable(),
  name: z.string(),
  email: z.string().nullable(),
  attempt: z.number(),
}).transform(({ customer_id: customerId, ...claimed }) => ({ customerId, ...claimed }));
export type ClaimedCustomer = z.output<typeof claimedSchema>;

const limitsSchema = z.object({
  soft: z.number(),
  hard: z.number(),
  callsPerModel: z.number(),
  callsAtOnce: z.number(),
});

const checkoutResultSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  share_token: z.string().nullable(),
});

/** Order of a session as whoever has paid it may see it. */
export type CheckoutResult = z.output<typeof checkoutResultSchema>;

const conflictSchema = z.object({ conflict: z.literal(true) });

const appliedSchema = z.object({
  /**
   * - `ignored`: recorded without an effect on the report's status.
   * - `unknown_report`, `mismatched`, `surplus`: a payment that pays for no report, because there is
   *   none, because it differs from the order, or because another one paid for it.
   */
  outcome: z.enum([
    "applied",
    "duplicate",
    "ignored",
    "unknown_report",
    "mismatched",
    "surplus",
  ]),
  /** The report's status afterwards; null if unknown. */
  status: z.string().nullable().default(null),
  /** What a mismatched payment differs in from its order. */
  differs: z.array(z.enum(["session", "amount", "currency", "livemode"])).default([]),
});

/** Result of applying a Stripe event. */
export type AppliedEvent = z.output<typeof appliedSchema>;

/** Store that opens reports. */
export type ReportStore = Omit<ReturnType<typeof createReportStore>, "applyPaymentEvent">;

/** Store that applies Stripe's events. */
export type PaymentStore = Pick<ReturnType<typeof createReportStore>, "applyPaymentEvent">;

/** Creates the store of reports and their payments. Each method is one transaction. */
export function createReportStore(sql: Database) {
  const callRpc = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;

  return {
    /** Returns the limits of the next report. */
    readLimits: async (): Promise<RunLimits> => {
      const [limits] = await query(() =>
        sql`
          select soft_ceiling_usd::float8 as soft, hard_ceiling_usd::float8 as hard,
            max_in_flight_per_lane as "callsPerModel", max_in_flight_per_group as "callsAtOnce"
          from private.queue_settings`
      );
      return limitsSchema.parse(limits);
    },
    /**
     * Returns the active price with this id, or without one the newest of a single report; null if
     * there is none. Also returns the credits of the account.
     */
    readOffer: async (ownerId: string, priceId: string | undefined) => {
      const [row] = await query(() =>
        sql`
          select private.count_credits(${ownerId}::uuid) as credits, (
            select jsonb_build_object('name', p.name, 'reports', p.reports, 'amount', p.amount,
              'currency', p.currency)
            from public.prices p
            where p.active and case when ${priceId ?? null}::text is null then p.reports = 1
              else p.id = ${priceId ?? null}::text end
            order by p.created_at desc, p.id limit 1
          ) as offer`
      );
      return offeredSchema.parse(row);
    },
    /**
     * Counts an estimate for an account. Returns the seconds to wait if there were too many within a
     * minute; null otherwise.
     */
    takeEstimate: async (ownerId: string): Promise<number | null> =>
      z.number().nullable().parse(
        await callRpc(() =>
          sql<{ result: unknown }[]>`
            select public.take_asking(${ownerId}::uuid, 'estimate', ${ESTIMATES_PER_MINUTE}) as result`
        ),
      ),
    /**
     * Opens a report, or finds the one that is open for the same draft, configuration and price, or
     * that was opened with the same key. Returns `"conflict"` if the key came with another request.
     */
    openReport: async (report: NewReport): Promise<OpenedReport | "conflict"> => {
      const result = await callRpc(() =>
        sql<{ result: unknown }[]>`
          select public.open_report(
            p_owner => ${report.ownerId}::uuid,
            p_draft => ${report.draftId}::uuid,
            p_config => ${writeJson(report.config)}::text::json,
            p_config_hash => ${report.configHash}::text,
            p_estimate => ${String(report.estimateUsd)}::numeric,
            p_price_amount => ${report.price.amount}::bigint,
            p_currency => ${report.price.currency}::text,
            p_livemode => ${report.livemode}::boolean,
            p_idempotency_key => ${report.idempotencyKey}::text,
            p_request_hash => ${report.requestHash}::text,
            p_user => ${report.orderedBy}::uuid,
            p_reports => ${report.price.reports}::integer,
            p_use_credit => ${report.useCredit}::boolean
          ) as result`
      );
      if (conflictSchema.safeParse(result).success) return "conflict";
      return openedSchema.parse(result);
    },

    /**
     * Returns the customer of an account at Stripe. While its id is null, it is to be created with the
     * other values.
     *
     * @param lost customer that Stripe does not know, which a new one replaces; null for none
     */
    claimCustomer: async (
      accountId: string,
      livemode: boolean,
      email: string | null,
      lost: string | null,
    ): Promise<ClaimedCustomer> =>
      claimedSchema.parse(
        await callRpc(() =>
          sql<{ result: unknown }[]>`
            select public.claim_customer(
              p_account => ${accountId}::uuid,
              p_livemode => ${livemode}::boolean,
              p_email => ${email}::text,
              p_lost => ${lost}::text
            ) as result`
        ),
      ),

    /** Records the customer that was created. Returns the one to use. */
    keepCustomer: async (
      accountId: string,
      livemode: boolean,
      attempt: number,
      customerId: string,
    ): Promise<string> =>
      z.string().parse(
        await callRpc(() =>
          sql<{ result: unknown }[]>`
            select public.keep_customer(
              p_account => ${accountId}::uuid,
              p_livemode => ${livemode}::boolean,
              p_attempt => ${attempt}::integer,
              p_customer => ${customerId}::text
            ) as result`
        ),
      ),

    /**
     * Returns the order that a session pays for, with the secret of its link within a day of the
     * payment; null if there is none.
     */
    findCheckout: async (sessionId: string): Promise<CheckoutResult | null> =>
      checkoutResultSchema.nullable().parse(
        await callRpc(() =>
          sql<{ result: unknown }[]>`select public.find_checkout(${sessionId}::text) as result`
        ),
      ),

    /** Records the session in which a report is paid. */
    awaitPayment: async (reportId: string, session: PaymentSession): Promise<void> => {
      await callRpc(() =>
        sql<{ result: unknown }[]>`
          select public.await_payment(
            p_report => ${reportId}::uuid,
            p_session_id => ${session.id}::text,
            p_checkout_url => ${session.url}::text
          ) as result`
      );
    },

    /**
     * Records an event and applies all of its effects once, in one transaction.
     *
     * @throws {Problem} `database.unavailable` if nothing was done and the same call may succeed.
     */
    applyPaymentEvent: async (event: PaymentEvent): Promise<AppliedEvent> => {
      return appliedSchema.parse(
        await callRpc(() =>
          sql<{ result: unknown }[]>`
            select public.apply_stripe_event(
              p_event_id => ${event.id}::text,
              p_type => ${event.type}::text,
              p_created => ${event.created}::timestamptz,
              p_report => ${event.reportId}::uuid,
              p_session_id => ${event.sessionId}::text,
              p_payment_intent => ${event.paymentIntentId}::text,
              p_paid => ${event.isPaid}::boolean,
              p_payload => ${sql.json(toJson(event.payload))}::jsonb
            ) as result`
        ),
      );
    },
  };
}

/** Report to open. */
export interface NewReport {
  readonly ownerId: string;
  /** User who orders. */
  readonly orderedBy: string | null;
  readonly draftId: string;
  readonly config: ConfigSnapshot;
  /** SHA-256 of the configuration in canonical JSON, in hexadecimal. */
  readonly configHash: string;
  /** Predicted USD for all runs. */
  readonly estimateUsd: number;
  readonly price: Offer;
  /** True to pay with a credit of the account if it has one. */
  readonly useCredit: boolean;
  /** True if real money is asked for. */
  readonly livemode: boolean;
  readonly idempotencyKey: string | null;
  /** SHA-256 of the request, in hexadecimal. The same key with another hash is a conflict. */
  readonly requestHash: string;
}
