import { Hono } from "hono";
import { z } from "zod";
import { failureResponse } from "../openrouter/failures.ts";
import { behaviourSchema } from "./behaviour.ts";
import { knownQuestionSchema } from "./known_questions.ts";
import { chatRequestSchema } from "./request.ts";
import type { Simulator } from "./simulator.ts";

const questionsSchema = z.object({ questions: z.array(knownQuestionSchema) });
const MODELS = [
  "gpt-6-luna",
  "gpt-6-sol",
  "gpt-5.4-mini",
  "gpt-5.4-nano",
  "gpt-5.6-luna",
  "gpt-5.6-terra",
];

/** Returns the HTTP interface: chat completions and the control endpoints. */
export function createApp(
  simulator: Simulator,
  options: { readonly apiKey: string | undefined; readonly reset: () => void },
): Hono {
  const app = new Hono();
  // Hono would answer 500. The listener breaks the connection instead.
  app.onError((error) => {
    throw error;
  });
  app.get("/v1/models", (context) =>
    context.json({
      object: "list",
      data: MODELS.map((id) => ({ id, object: "model", created: 0, owned_by: "openai" })),
    }));
  app.post("/v1/chat/completions", async (context) => {
    const sent = context.req.header("authorization");
    if (options.apiKey !== undefined && sent !== `Bearer ${options.apiKey}`) {
      return failureResponse("openai", {
        status: 401,
        message: "Incorrect API key provided.",
        type: "invalid_request_error",
        code: "invalid_api_key",
      });
    }
    const body = chatRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    if (!body.success) {
      return failureResponse("openai", {
        status: 400,
        message: z.prettifyError(body.error),
        type: "invalid_request_error",
      });
    }
    return await simulator.answer(body.data, context.req.raw.signal);
  });

  app.get("/_control/stats", (context) => context.json(simulator.statistics));
  app.get("/_control/requests", (context) => context.json(simulator.received));
  app.get("/_control/behaviour", (context) => context.json(simulator.behaviour));
  app.post("/_control/behaviour", async (context) => {
    const change = behaviourSchema.safeParse(await context.req.json());
    if (!change.success) return context.json({ error: z.prettifyError(change.error) }, 422);
    simulator.change(change.data);
    return context.json(simulator.behaviour);
  });
  app.post("/_control/questions", async (context) => {
    const body = questionsSchema.safeParse(await context.req.json());
    if (!body.success) return context.json({ error: z.prettifyError(body.error) }, 422);
    simulator.addQuestions(body.data.questions);
    return context.json({ added: body.data.questions.length });
  });
  app.post("/_control/reset", (context) => {
    options.reset();
    return context.json({ reset: true });
  });
  return app;
}
