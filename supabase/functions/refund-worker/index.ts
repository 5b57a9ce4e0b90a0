import { z } from "zod";
import { stripeEnv } from "../_shared/billing/env.ts";
import { createRefundSource, isRefundOwed } from "../_shared/billing/refunds.ts";
import { createPaymentGateway } from "../_shared/billing/stripe.ts";
import { platformEnv, workerEnv } from "../_shared/platform/env.ts";
import { serveQueueWorker } from "../_shared/platform/jobs/serve_queue_worker.ts";
import { REFUND_LIMITS, workOnRefunds } from "./work_on_refunds.ts";

serveQueueWorker({
  name: "refund-worker",
  env: z.object({ ...platformEnv, ...stripeEnv, ...workerEnv }),
  limits: REFUND_LIMITS,
  compose({ env, sql }) {
    const payments = createPaymentGateway({
      secretKey: env.STRIPE_SECRET_KEY,
      apiUrl: env.STRIPE_API_URL,
    });
    return (run) =>
      workOnRefunds(run, {
        source: createRefundSource(sql, run),
        isOwed: (reportId) => isRefundOwed(sql, reportId),
        refundPayment: payments.refundPayment,
      });
  },
});
