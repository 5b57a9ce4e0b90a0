import { z } from "zod";
import type { Ceilings, NewReport, OpenedReport, ReportStore } from "../benchmark/order/ports.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import type { PaymentEvent } from "./payment_event.ts";
import type { PaymentSession } from "./payment_gateway.ts";
import type { AppliedEvent, PaymentStore } from "./payment_store.ts";

const openedSchema = z.object({
  report_id: z.guid(),
  status: z.string(),
  checkout_url: z.string().nullable(),
  stripe_session_id: z.string().nullable(),
  is_new: z.boolean(),
  superseded: z.array(z.object({ report_id: z.guid(), stripe_session_id: z.string().nullable() })),
});

const ceilingsSchema = z.object({ soft: z.number(), hard: z.number() });

const conflictSchema = z.object({ conflict: z.literal(true) });

const appliedSchema = z.object({
  outcome: z.enum(["applied", "duplicate", "ignored", "unknown_report"]),
  status: z.string().nullish(),
});

/**
 * Reports behind the doors that the database opens to `service_role`; each method is one
 * transaction.
 */
export function createReportStore(sql: Database): ReportStore & PaymentStore {
  const door = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;

  return {
    readCeilings: async (): Promise<Ceilings> => {
      const [ceilings] = await query(() =>
        sql`
          select soft_ceiling_usd::float8 as soft, hard_ceiling_usd::float8 as hard
          from private.queue_settings`
      );
      return ceilingsSchema.parse(ceilings);
    },
    openReport: async (report: NewReport): Promise<OpenedReport | "conflict"> => {
      const result = await door(() =>
        sql<{ result: unknown }[]>`
          select public.open_report(
            p_owner => ${report.ownerId}::uuid,
            p_draft => ${report.draftId}::uuid,
            p_config => ${sql.json(toJson(report.config))}::jsonb,
            p_config_hash => ${report.configHash}::text,
            p_estimate => ${String(report.estimateUsd)}::numeric,
            p_idempotency_key => ${report.idempotencyKey}::text,
            p_request_hash => ${report.requestHash}::text
          ) as result`
      );
      if (conflictSchema.safeParse(result).success) return "conflict";
      const opened = openedSchema.parse(result);
      const { checkout_url: url, stripe_session_id: sessionId } = opened;
      return {
        reportId: opened.report_id,
        status: opened.status,
        isNew: opened.is_new,
        session: url !== null && sessionId !== null ? { id: sessionId, url } : null,
        superseded: opened.superseded.flatMap(({ report_id, stripe_session_id }) =>
          stripe_session_id !== null ? [{ reportId: report_id, sessionId: stripe_session_id }] : []
        ),
      };
    },

    awaitPayment: async (reportId: string, session: PaymentSession): Promise<void> => {
      await door(() =>
        sql<{ result: unknown }[]>`
          select public.await_payment(
            p_report => ${reportId}::uuid,
            p_session_id => ${session.id}::text,
            p_checkout_url => ${session.url}::text
          ) as result`
      );
    },

    applyPaymentEvent: async (event: PaymentEvent): Promise<AppliedEvent> => {
      const applied = appliedSchema.parse(
        await door(() =>
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
      return { outcome: applied.outcome, status: applied.status ?? null };
    },
  };
}
