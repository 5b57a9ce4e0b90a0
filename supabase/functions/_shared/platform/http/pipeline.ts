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

/** Argument of a handler. */
export interface RequestContext<Caller> {
  /** Request with an unread body. Pass `request.signal` on to whatever can be cancelled. */
  readonly request: Request;
  /** Caller that the authentication found. */
  readonly caller: Caller;
  readonly requestId: string;
  /** Carries the request id. */
  readonly log: Logger;
  /**
   * Adds fields to the log line that ends the request, such as the report that it turned out to concern.
   */
  readonly note: (fields: LogFields) => void;
}

/** Options of {@link createPipeline}. */
export interface PipelineOptions<Caller> {
  readonly methods: readonly string[];
  /** Pages that may call. Empty for what is called by machines alone. */
  readonly origins: readonly string[];
  /** @throws {Problem} if the caller may not call. */
  readonly authenticate: (request: Request) => Promise<Caller>;
  /** @throws {Problem} to refuse. Any other error is answered with 500. */
  readonly handle: (context: RequestContext<Caller>) => Promise<Response>;
  readonly log: Logger;
  /** Milliseconds of some steady clock. Default `performance.now`. */
  readonly now?: () => number;
}

/**
 * Wraps a handler with the steps that every request goes through: request id, CORS, method check,
 * authentication. Errors are logged with their cause and become problem+json; the promise never rejects.
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
