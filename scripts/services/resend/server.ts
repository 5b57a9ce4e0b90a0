import { z } from "zod";
import { listen, type Listening, type ListenOptions } from "../listen.ts";
import { runProcess } from "../run_process.ts";
import { behaviourSchema, createApp, type ResendOptions } from "./app.ts";
import { Outbox, type SentEmail } from "./outbox.ts";

export interface ResendServiceOptions extends ListenOptions, ResendOptions {
  /** Directory for the e-mails, created if needed. */
  readonly outboxDir: string;
}

export interface ResendService extends Listening {
  /** Every e-mail in the outbox, oldest first. */
  emails(): readonly SentEmail[];
}

/**
 * Starts a simulated Resend on 127.0.0.1. The official SDK reaches it with `{baseUrl}`.
 *
 * E-mails go to `outboxDir` instead of their recipients. Control: `GET /_control/emails`, `POST
 * /_control/behaviour {failureRate?, status?, script?, retryAfterSeconds?, latencyMs?}`.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function startResendService(options: ResendServiceOptions): Promise<ResendService> {
  const outbox = new Outbox(options.outboxDir);
  const server = await listen(createApp(outbox, options).fetch, options);
  return { ...server, emails: () => outbox.emails };
}

if (import.meta.main) {
  const options = z.strictObject({
    outboxDir: z.string().default(".stack/outbox"),
    apiKey: z.string().exactOptional(),
    behaviour: behaviourSchema.exactOptional(),
  });
  await runProcess(options, startResendService);
}
