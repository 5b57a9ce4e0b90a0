import type { Hono } from "hono";
import { z } from "zod";
import { createModelsApp, onControl } from "../control.ts";
import { failureResponse, invalidBody } from "../openrouter/failures.ts";
import { behaviourSchema } from "./behaviour.ts";
import { knownQuestionSchema } from "./known_questions.ts";
import { chatRequestSchema } from "./request.ts";
import { INVALID_KEY, type Simulator } from "./simulator.ts";

const questionsSchema = z.object({ questions: z.array(knownQuestionSchema) });
const MODELS = "gpt-6-luna gpt-6-sol gpt-5.4-mini gpt-5.4-nano gpt-5.6-luna gpt-5.6-terra";

/** Returns the HTTP interface: chat completions and the control endpoints. */
export function createApp(simulator: Simulator, apiKey: string | undefined): Hono {
  const app = createModelsApp(simulator, behaviourSchema);
  const data = MODELS.split(" ")
    .map((id) => ({ id, object: "model", created: 0, owned_by: "openai" }));
  app.get("/v1/models", (context) => context.json({ object: "list", data }));
  app.post("/v1/chat/completions", async (context) => {
    const sent = context.req.header("authorization");
    if (apiKey !== undefined && sent !== `Bearer ${apiKey}`) {
      return failureResponse("openai", INVALID_KEY);
    }
    const body = chatRequestSchema.safeParse(await context.req.json().catch(() => undefined));
    return body.success
      ? await simulator.answer(body.data, context.req.raw.signal)
      : invalidBody("openai", body.error);
  });
  onControl(app, "questions", questionsSchema, ({ questions }) => {
    simulator.addQuestions(questions);
    return { added: questions.length };
  });
  return app;
}
