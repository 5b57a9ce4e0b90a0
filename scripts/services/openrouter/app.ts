import { Hono } from "hono";
import { z } from "zod";
import { behaviourSchema } from "./behaviour.ts";
import { fakeModelSchema, textModels } from "./catalogue.ts";
import type { Dialect } from "./completion.ts";
import { failureResponse } from "./failures.ts";
import { chatRequestSchema } from "./request.ts";
import type { Simulator } from "./simulator.ts";

const truthsSchema = z.object({ truths: z.record(z.string(), z.json()) });
const textsSchema = z.object({ texts: z.record(z.string(), z.string()) });
const modelsSchema = z.object({ models: z.array(fakeModelSchema) });

/** The HTTP surface: both dialects and the control endpoints. */
export function createApp(
  simulator: Simulator,
  options: { apiKey: string | undefined; reset: () => void },
): Hono {
  const app = new Hono();
  // Hono would make a 500 of it; the listener breaks the connection instead.
  app.onError((error) => {
    throw error;
  });
  mountDialect(app, "/api/v1", "openrouter", simulator, options.apiKey);
  mountDialect(app, "/v1", "openai", simulator, options.apiKey);

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
    simulator.addModels(body.data.models);
    return context.json({ added: body.data.models.length });
  });
  app.post("/_control/reset", (context) => {
    options.reset();
    return context.json({ reset: true });
  });
  return app;
}

function mountDialect(
  app: Hono,
  base: string,
  dialect: Dialect,
  simulator: Simulator,
  apiKey: string | undefined,
): void {
  app.get(`${base}/models`, () => {
    const listed = dialect === "openai" ? [...simulator.models, ...textModels] : simulator.models;
    const data = listed.map((model) =>
      dialect === "openai"
        ? { id: model.id, object: "model", created: 0, owned_by: model.provider }
        : {
          id: model.id,
          canonical_slug: model.id,
          name: `${model.provider}: ${model.name}`,
          created: 0,
          context_length: model.contextLength,
          architecture: {
            modality: "text+image->text",
            input_modalities: ["text", "image"],
            output_modalities: ["text"],
          },
          pricing: {
            prompt: decimal(model.inputPrice),
            completion: decimal(model.outputPrice),
            input_cache_read: decimal(model.cachedInputPrice),
            image: decimal(model.imagePrice),
            request: "0",
          },
          supported_parameters: [
            "max_tokens",
            "temperature",
            "seed",
            ...(model.structuredOutput ? ["response_format", "structured_outputs"] : []),
          ],
        }
    );
    return Response.json(dialect === "openai" ? { object: "list", data } : { data });
  });

  app.post(`${base}/chat/completions`, async (context) => {
    const sent = context.req.header("authorization");
    if (sent === undefined || (apiKey !== undefined && sent !== `Bearer ${apiKey}`)) {
      const message = sent === undefined ? "No auth credentials found" : "User not found.";
      return failureResponse(dialect, {
        status: 401,
        message,
        type: "invalid_request_error",
        code: "invalid_api_key",
      });
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

/** A price as the real list writes it: a plain decimal, never `1e-7`. */
function decimal(price: number): string {
  return price.toFixed(12).replace(/\.?0+$/, "");
}
