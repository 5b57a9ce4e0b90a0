import type { Hono } from "hono";
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
