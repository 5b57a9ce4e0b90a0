import { Hono } from "hono";
import { z } from "zod";

/**
 * Adds the control endpoint `POST /_control/<path>`. It answers with what `act` returns for the JSON
 * body and for the `:id` in the path, and with 422 to a body that does not match `schema`.
 */
export function onControl<Output>(
  app: Hono,
  path: string,
  schema: z.ZodType<Output>,
  act: (body: Output, id: string) => unknown,
): void {
  app.post(`/_control/${path}`, async (context) => {
    const body = schema.safeParse(await context.req.json());
    if (!body.success) return context.json({ error: z.prettifyError(body.error) }, 422);
    return context.json(await act(body.data, context.req.param("id") ?? ""));
  });
}

/** Simulated models, as their control endpoints see them. */
export interface ControlledModels<Behaviour> {
  readonly statistics: object;
  /** The last requests, oldest first. */
  readonly received: readonly object[];
  readonly behaviour: object;
  change(behaviour: Behaviour): void;
  /** Resets all counts, and the behaviour to its state at the start. */
  reset(): void;
}

/** Returns an app with the control endpoints for counts, requests, behaviour and reset. */
export function createModelsApp<Behaviour>(
  models: ControlledModels<Behaviour>,
  schema: z.ZodType<Behaviour>,
): Hono {
  const app = new Hono();
  // Hono would answer 500. The listener breaks the connection instead.
  app.onError((error) => {
    throw error;
  });
  app.get("/_control/stats", (context) => context.json(models.statistics));
  app.get("/_control/requests", (context) => context.json(models.received));
  app.get("/_control/behaviour", (context) => context.json(models.behaviour));
  onControl(app, "behaviour", schema, (change) => {
    models.change(change);
    return models.behaviour;
  });
  app.post("/_control/reset", (context) => {
    models.reset();
    return context.json({ reset: true });
  });
  return app;
}
