import type { LogFields, Logger } from "../logger.ts";
import {
  corsHeaders,
  type CorsPolicy,
  isOriginAllowed,
  isPreflight,
  preflightResponse,
} from "./cors.ts";
import { methodNotAllowed, Problem, renderProblem, toProblem } from "./problem.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request_id.ts";

/** What a handler is called with. */
export interface RequestContext<Caller> {
  /** Its body is unread. Pass `request.signal` on to what can be cancelled. */
  readonly request: Request;
  /** Who calls, as the authentication found. */
  readonly caller: Caller;
  readonly requestId: string;
  /** Carries the request id. */
  readonly log: Logger;
  /**
   * Adds to the line that ends the request, however it ends: the report it turned out to be about,
   * for instance.
   */
  readonly note: (fields: LogFields) => void;
}

/** What a function does with its requests. */
export interface PipelineOptions<Caller> {
  readonly methods: readonly string[];
  /** Pages that may call. Empty for what is called by machines alone. */
  readonly origins: readonly string[];
  /** @throws {Problem} when the caller may not. */
  readonly authenticate: (request: Request) => Promise<Caller>;
  /** @throws {Problem} to refuse; anything else thrown is answered 500. */
  readonly handle: (context: RequestContext<Caller>) => Promise<Response>;
  readonly log: Logger;
  /** Milliseconds of some steady clock. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * The way of every request: request id → CORS → method → authentication → handler; whatever is
 * thrown on it is logged with its cause and rendered once. The promise never rejects.
 */
export function createPipeline<Caller>(
  options: PipelineOptions<Caller>,
): (request: Request) => Promise<Response> {
  const cors: CorsPolicy = { origins: options.origins, methods: [...options.methods, "OPTIONS"] };
  const now = options.now ?? (() => performance.now());

  const answer = async (context: Omit<RequestContext<Caller>, "caller">): Promise<Response> => {
    const { request } = context;
    if (!isOriginAllowed(request, cors)) {
      throw new Problem("request.origin_not_allowed", "This page may not call the function.");
    }
    if (isPreflight(request)) return preflightResponse(cors);
    if (!options.methods.includes(request.method)) throw methodNotAllowed(options.methods);
    const caller = await options.authenticate(request);
    return await options.handle({ ...context, caller });
  };

  return async (request) => {
    const started = now();
    const requestId = requestIdOf(request);
    const instance = new URL(request.url).pathname;
    const log = options.log.with({ request_id: requestId });
    let closing = log;
    const note = (fields: LogFields) => {
      closing = closing.with(fields);
    };
    const summary = (status: number) => ({
      method: request.method,
      path: instance,
      status,
      duration_ms: Math.round(now() - started),
    });
    let response: Response;
    try {
      response = await answer({ request, requestId, log, note });
      closing.info("answered", summary(response.status));
    } catch (error) {
      const problem = toProblem(error);
      const { code, errors, cause } = problem;
      const level = problem.status >= 500 ? "error" : "info";
      closing[level]("refused", {
        ...summary(problem.status),
        code,
        detail: problem.message,
        ...(errors.length > 0 ? { errors } : {}),
        ...(cause === undefined ? {} : { cause }),
      });
      response = renderProblem(problem, { requestId, instance });
    }
    // A body that nobody read keeps its connection busy.
    if (!request.bodyUsed) await request.body?.cancel().catch(() => {});
    response.headers.set(REQUEST_ID_HEADER, requestId);
    for (const [name, value] of Object.entries(corsHeaders(request, cors))) {
      // What a handler's answer varies by besides the origin stays.
      if (name === "vary") response.headers.append(name, value);
      else response.headers.set(name, value);
    }
    if (!response.headers.has("cache-control")) response.headers.set("cache-control", "no-store");
    return response;
  };
}
