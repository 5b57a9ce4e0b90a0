import type { Hono } from "hono";
import { z } from "zod";
import { createModelsApp, onControl } from "../control.ts";
import { behaviourSchema } from "./behaviour.ts";
import { PROVIDERS } from "../../../supabase/functions/_shared/models/providers.ts";
import { fakeModelSchema } from "./catalogue.ts";
import type { Dialect } from "./completion.ts";
import { failureResponse, invalidBody } from "./failures.ts";
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
export function createApp(simulator: Simulator, apiKey: string | undefined): Hono {
  const app = createModelsApp(simulator, behaviourSchema);
  const mount = (base: string, dialect: Dialect, list: ListKind) => {
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
      if (!body.success) return invalidBody(dialect, body.error);
      return simulator.answer(dialect, body.data, context.req.header(), context.req.raw.signal);
    });
  };
  mount("/api/v1", "openrouter", { provider: "openrouter", format: "openrouter" });
  mount("/v1", "openai", { provider: "compatible", format: "openai" });
  for (const { name, list } of PROVIDERS) {
    if (name === "openrouter") continue;
    mount(`/${name}/v1`, "openai", { provider: name, format: list });
  }

  onControl(app, "truths", truthsSchema, ({ truths }) => {
    simulator.addTruths(Object.entries(truths));
    return { added: Object.keys(truths).length };
  });
  onControl(app, "texts", textsSchema, ({ texts }) => {
    simulator.setTexts(Object.entries(texts));
    return { known: Object.keys(texts).length };
  });
  onControl(app, "models", modelsSchema, ({ models, removed }) => {
    simulator.removeModels(removed);
    simulator.addModels(models);
    return { known: simulator.models.length };
  });
  return app;
}

function unauthorized(dialect: Dialect, sent: string | undefined): Response {
  return failureResponse(dialect, {
    status: 401,
    message: sent === undefined ? "No auth credentials found" : "User not found.",
    type: "invalid_request_error",
    code: "invalid_api_key",
  });
}
