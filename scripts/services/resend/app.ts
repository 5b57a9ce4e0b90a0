import { createHash } from "node:crypto";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { pause } from "../../support/pause.ts";
import { tryParseJson } from "../../support/try_parse_json.ts";
import { onControl } from "../control.ts";
import { messageSchema, type Outbox } from "./outbox.ts";

/** Settings of its faults. */
export const behaviourSchema = z.strictObject({
  /** Share of requests that fail. */
  failureRate: z.number().min(0).max(1),
  /** Status of those failures. */
  status: z.int().min(400).max(599),
  /** Statuses of the next requests in order; 200 is a success. */
  script: z.array(z.int()),
  /** Value of `Retry-After` on 429 and 503, in seconds. */
  retryAfterSeconds: z.number().nonnegative(),
  latencyMs: z.number().nonnegative(),
}).partial();

export type Behaviour = z.infer<typeof behaviourSchema>;

export interface ResendOptions {
  /** Only key that is accepted. If unset, any `re_…` is. */
  readonly apiKey?: string;
  readonly behaviour?: Behaviour;
  /** Receives one line per e-mail. Default: the console. */
  readonly log?: (line: string) => void;
}

/** Returns Resend's `POST /emails` and `GET /emails/:id`, and the control endpoints. */
export function createApp(outbox: Outbox, options: ResendOptions): Hono {
  const app = new Hono();
  const { apiKey, log = console.log } = options;
  const settings: Behaviour = {};
  const change = (next: Behaviour) =>
    Object.assign(settings, next, next.script === undefined ? {} : { script: [...next.script] });
  change(behaviourSchema.parse(options.behaviour ?? {}));

  app.use("/emails/*", async (context, next) => {
    const key = /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1];
    if (key === undefined) return failure(context, 401, "missing_api_key", "Missing API Key");
    if (apiKey === undefined ? !key.startsWith("re_") : key !== apiKey) {
      return failure(context, 403, "invalid_api_key", "API key is invalid");
    }
    return await next();
  });

  app.post("/emails", async (context) => {
    await pause(settings.latencyMs ?? 0, context.req.raw.signal);
    const forced = settings.script?.shift() ??
      (Math.random() < (settings.failureRate ?? 0) ? settings.status ?? 500 : 200);
    if (forced !== 200) return forcedFailure(context, forced, settings.retryAfterSeconds ?? 1);

    const text = await context.req.text();
    const message = messageSchema.safeParse(tryParseJson(text));
    if (!message.success) {
      return failure(context, 422, "validation_error", z.prettifyError(message.error));
    }
    if (message.data.html === undefined && message.data.text === undefined) {
      return failure(context, 422, "missing_required_field", "Missing `html` or `text` field.");
    }

    const key = context.req.header("idempotency-key") ?? null;
    const fingerprint = createHash("sha256").update(text).digest("hex");
    const before = key === null ? undefined : outbox.findByKey(key);
    if (before !== undefined) {
      if (before.fingerprint === fingerprint) return context.json({ id: before.id });
      const reason = "This idempotency key has been used on a request with a different payload.";
      return failure(context, 409, "invalid_idempotent_request", reason);
    }
    const email = outbox.add(message.data, key, fingerprint);
    const { to, subject } = message.data;
    log(`[email:mock] ${to.join(", ")} "${subject}" ${outbox.directory}/${email.file}`);
    return context.json({ id: email.id });
  });

  app.get("/emails/:id", (context) => {
    const email = outbox.emails.find((candidate) => candidate.id === context.req.param("id"));
    if (email === undefined) return failure(context, 404, "not_found", "Email not found");
    const { id, created_at, message } = email;
    return context.json({ object: "email", id, created_at, ...message, last_event: "delivered" });
  });

  app.get("/_control/emails", (context) => context.json(outbox.emails));
  onControl(app, "behaviour", behaviourSchema, change);
  return app;
}

function forcedFailure(context: Context, status: number, retryAfterSeconds: number): Response {
  if (status === 429 || status === 503) context.header("retry-after", String(retryAfterSeconds));
  if (status === 429) {
    const reason = "Too many requests. You can only make 2 requests per second.";
    return failure(context, status, "rate_limit_exceeded", reason);
  }
  return status < 500
    ? failure(context, status, "validation_error", "The request was refused.")
    : failure(context, status, "internal_server_error", "An unexpected error occurred.");
}

function failure(context: Context, status: number, name: string, message: string): Response {
  const headers = new Headers(context.res.headers);
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify({ statusCode: status, name, message }), { status, headers });
}
