import type { z } from "zod";
import { writeJson } from "../json/lossless_json.ts";
import { readJson } from "./body.ts";
import { createPipeline, type PipelineOptions, type RequestContext } from "./pipeline.ts";

/** Options of {@link serveJson}. */
export interface JsonOptions<Caller, Schema extends z.ZodType>
  extends Omit<PipelineOptions<Caller>, "handle"> {
  /** Shape of the body. Use `z.strictObject`, so that a misspelt field is named and not ignored. */
  readonly schema: Schema;
  readonly maxBodyBytes: number;
  readonly handle: (
    context: RequestContext<Caller> & { readonly body: z.output<Schema> },
  ) => Promise<Response>;
}

/** Wraps a handler like {@link createPipeline}, then checks the body's size and shape before it. */
export function serveJson<Caller, Schema extends z.ZodType>(
  options: JsonOptions<Caller, Schema>,
): (request: Request) => Promise<Response> {
  const { schema, maxBodyBytes, handle, ...pipeline } = options;
  return createPipeline({
    ...pipeline,
    handle: async (context) =>
      await handle({ ...context, body: await readJson(context.request, schema, maxBodyBytes) }),
  });
}

/** Returns a response with a JSON body. */
export function json(body: unknown, status = 200): Response {
  return new Response(writeJson(body), { status, headers: { "content-type": "application/json" } });
}
