import { Hono } from "hono";
import { z } from "zod";
import { behaviourSchema } from "./behaviour.ts";
import { PROVIDERS } from "../../../supabase/functions/_shared/models/providers.ts";
import { fakeModelSchema } from "./catalogue.ts";
import type { Dialect } from "./completion.ts";
import { failureResponse } from "./failures.ts";
import { type ListKind, listModels } from "./model_lists.ts";
import { chatRequestSchema } from "./request.ts";
import type { Simulator } from "./simulator.ts";

const truthsSchema = z.object({ truths: z.record(z.string(), z.json()) });
const textsSchema = z.object({ texts: z.record(z.string(), z.string()) });
const modelsSchema = z.object({
  models: z.array(fakeModelSchema).default([]),
  removed: z.array(z.string()).default([]),
});

/** Returns the HTTP interface: both dialects, each provider's endpoints, and the control endpoints. */
export function createApp(
  simulator: Simulator,
  options: { apiKey: string | undefined; reset: () => void },
): Hono {
  const app = new Hono();
  // Hono would answer 500. The listener breaks the connection instead.
  app.onError((error) => {
    throw error;
  });
  const mount = (base: string, dialect: Dialect, list: ListKind) =>
    mountDialect(app, { base, dialect, list, simulator, apiKey: options.apiKey });
  mount("/api/v1", "openrouter", { provider: "openrouter", format: "openrouter" });
  mount("/v1", "openai", { provider: "compatible", format: "openai" });
  for (const { name, list } of PROVIDERS) {
    if (name === "openrouter") continue;
    mount(`/${name}/v1`, "openai", { provider: name, format: list });
  }

  app.get("/_control/stats", (context) => context.json(simulator.recorder.read()));
  app.get("/_control/requests", (context) => context.json(simulator.received));
  app.get("/_control/behaviour", (context) => context.json(simulator.behaviour));
  app.post("/_control/behaviour", async (context) => {
    const change = behaviourSchema.safeParse(await context.req.json());
    if (!change.success) return context.json({ error: z.prettifyError(change.error) }, 422);
    simulator.change(change.data);
    return context.json(simulator.behaviour);
  });
  app.post("/_control/truths", async (context) => {
    const body = truthsSchema.safeParse(await context.req.json());
    if (!body.success) return context.json({ error: z.prettifyError(body.error) }, 422);
    simulator.addTruths(Object.entries(body.data.truths));
    return context.json({ added: Object.keys(body.data.truths).length });
  });
  app.post("/_control/texts", async (context) => {
    const body = textsSchema.safeParse(await context.req.json());
    if (!body.success) return context.json({ error: z.prettifyError(body.error) }, 422);
    const texts = Object.entries(body.data.texts);
    simulator.setTexts(texts);
    return context.json({ known: texts.length });
  });
  app.post("/_control/models", async (context) => {
    const body = modelsSchema.safeParse(await context.req.json());
    if (!body.success) return context.json({ error: z.prettifyError(body.error) }, 422);
    simulator.removeModels(body.data.removed);
    simulator.addModels(body.data.models);
    return context.json({ known: simulator.models.length });
  });
  app.post("/_control/reset", (context) => {
    options.reset();
    return context.json({ reset: true });
  });
  return app;
}

interface Mount {
  readonly base: string;
  readonly dialect: Dialect;
  readonly list: ListKind;
  readonly simulator: Simulator;
  readonly apiKey: string | undefined;
}

function mountDialect(app: Hono, { base, dialect, list, simulator, apiKey }: Mount): void {
  app.get(`${base}/models`, async (context) => {
    const isOpen = list.format === "openrouter" || apiKey === undefined;
    const sent = context.req.header("x-api-key") ??
      context.req.header("authorization")?.replace(/^Bearer /, "");
    if (!isOpen && sent !== apiKey) return unauthorized(dialect, sent);
    const failure = await simulator.failList(dialect, context.req.raw.signal);
    if (failure !== null) return failure;
    switch (simulator.behaviour.lists) {
      case "unavailable":
        return failureResponse(dialect, { status: 503, message: "Service Unavailable" });
      case "empty":
        return Response.json({ object: "list", data: [] });
      default:
        return Response.json(listModels(list, simulator.models));
    }
  });

  app.post(`${base}/chat/completions`, async (context) => {
    const sent = context.req.header("authorization");
    if (sent === undefined || (apiKey !== undefined && sent !== `Bearer ${apiKey}`)) {
      return unauthorized(dialect, sent);
    }
    const body = chatRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) {
      return failureResponse(dialect, {
        status: 400,
        message: z.prettifyError(body.error),
        type: "invalid_request_error",
      });
    }
    return simulator.answer(dialect, body.data, context.req.header(), context.req.raw.signal);
  });
}

function unauthorized(dialect: Dialect, sent: string | undefined): Response {
  return failureResponse(dialect, {
    status: 401,
    message: sent === undefined ? "No auth credentials found" : "User not found.",
    type: "invalid_request_error",
    code: "invalid_api_key",
  });
}
