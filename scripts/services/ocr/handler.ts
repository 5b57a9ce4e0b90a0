import { Hono } from "hono";
import { readCapped } from "../../../supabase/functions/_shared/platform/http/read_capped.ts";
import { ApiError } from "./api_error.ts";
import { parseChatRequest } from "./chat_request.ts";
import { extractFields } from "./extract_fields.ts";
import { type ImageLimits, loadImage } from "./load_image.ts";
import { findModel, type OcrModel, ocrModels } from "./models.ts";
import { layOutPage, type Reading, type Row, UnreadableImageError } from "./page_layout.ts";

/** Dependencies of the service. */
export interface OcrDeps {
  /** Reads one image, once for each pass of the model. PaddleOCR makes one pass. */
  read(image: Uint8Array, model: OcrModel, signal: AbortSignal): Promise<Reading[]>;
  limits: ImageLimits;
  /** Longest time to read one image, in seconds. */
  readSeconds: number;
  now(): Date;
}

/** Extra bytes for prompt and schema. Base64 additionally makes the images a third larger. */
const bodyOverhead = 1_000_000;

/**
 * Returns the handler of an OpenAI-compatible API for OCR: `POST /v1/chat/completions`, `GET
 * /v1/models` and `GET /v1/models/<id>`. It charges nothing and asks for no key, so it must only
 * listen on loopback.
 */
export function createOcrHandler(deps: OcrDeps): (request: Request) => Promise<Response> {
  // The client may have escaped the slash in a model's name.
  const getPath = ({ url }: Request) => new URL(url).pathname.replaceAll(/%2f/gi, "/");
  const app = new Hono({ getPath });
  app.use(async (context, next) => {
    await next();
    context.header("x-request-id", crypto.randomUUID());
  });
  app.post("/v1/chat/completions", (context) => complete(context.req.raw, deps));
  app.get(
    "/v1/models",
    (context) => context.json({ object: "list", data: ocrModels.map(describe) }),
  );
  app.get("/v1/models/:id{.+}", ({ req, json }) => json(describe(requireModel(req.param("id")))));
  for (const [path, method] of [["chat/completions", "POST"], ["models/*", "GET"]]) {
    app.all(`/v1/${path}`, () => {
      throw new ApiError(405, "method_not_supported", `Use ${method} for this URL.`);
    });
  }
  app.all("*", ({ req }) => {
    const { pathname } = new URL(req.url);
    throw new ApiError(404, "unknown_url", `Unknown request URL: ${req.method} ${pathname}.`);
  });
  app.onError((error, { req }) => {
    if (error instanceof ApiError) return error.toResponse();
    if (req.raw.signal.aborted) return new Response(null, { status: 499 });
    console.error("[ocr]", error);
    return new ApiError(500, "internal_error", "The image could not be read.").toResponse();
  });
  return async (request) => await app.fetch(request);
}

function requireModel(name: string): OcrModel {
  const model = findModel(name);
  if (model !== null) return model;
  throw new ApiError(404, "model_not_found", `The model \`${name}\` does not exist.`, {
    param: "model",
  });
}

function describe(model: OcrModel) {
  return { id: model.id, object: "model", created: 1_764_547_200, owned_by: "modelpick" };
}

async function complete(request: Request, deps: OcrDeps): Promise<Response> {
  const maxBody = Math.ceil(deps.limits.maxBytes * 4 / 3) + bodyOverhead;
  const body = await readCapped(request.body, maxBody);
  if (body === null) {
    throw new ApiError(413, "request_too_large", `A request may have ${maxBody} bytes.`);
  }
  const chat = parseChatRequest(new TextDecoder().decode(body));
  const model = requireModel(chat.model);
  const pages: Reading[][] = [];
  for (const url of chat.imageUrls) {
    const image = await loadImage(url, deps.limits, request.signal);
    pages.push(await readImage(image, model, request.signal, deps));
  }
  const passes = pages[0] ?? [];
  const readings = passes.map((_, pass) =>
    pages.flatMap((page): Row[] => {
      const reading = page[pass];
      return reading === undefined ? [] : layOutPage(reading.words, reading.slope);
    })
  );
  const text = (readings[0] ?? []).map((row) => row.text).join("\n");
  const content = chat.schema !== null
    ? JSON.stringify(extractFields(readings, chat.schema))
    : chat.json
    ? JSON.stringify({ text })
    : text;
  const words = pages.flat().reduce((count, reading) => count + reading.words.length, 0);
  const prompt = tokensOf(chat.prompt) + words;
  const completion = tokensOf(content);
  return Response.json({
    id: `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`,
    object: "chat.completion",
    created: Math.floor(deps.now().getTime() / 1000),
    model: model.id,
    choices: [{
      index: 0,
      message: { role: "assistant", content, refusal: null },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0 },
    },
  });
}

async function readImage(
  image: Uint8Array,
  model: OcrModel,
  client: AbortSignal,
  deps: OcrDeps,
): Promise<Reading[]> {
  const timeout = AbortSignal.timeout(deps.readSeconds * 1000);
  try {
    return await deps.read(image, model, AbortSignal.any([client, timeout]));
  } catch (error) {
    if (error instanceof UnreadableImageError) {
      throw new ApiError(400, "invalid_image", "The image could not be read.", {
        param: "messages",
        cause: error,
      });
    }
    if (timeout.aborted && !client.aborted) {
      throw new ApiError(503, "timeout", "Reading the image took too long.", { cause: error });
    }
    throw error;
  }
}

/** Estimates tokens: one per four characters, and one for each word on the page. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
