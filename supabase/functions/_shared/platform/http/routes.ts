import { methodNotAllowed, notFound } from "./problem.ts";

/** Answers a request. It gets the values of the path's `:name` parts in their order. */
type RouteHandler<Context> = (context: Context, ...params: string[]) => Promise<Response>;

/** Handlers by path and method: `{"/:id": {GET: show}}`. */
export type Routes<Context> = Readonly<
  Record<string, Readonly<Partial<Record<string, RouteHandler<Context>>>>>
>;

/**
 * Makes a handler that passes each request to its route. The first path that matches decides, so a
 * fixed path stands before one with a `:name` in its place.
 *
 * Paths begin after the function's name: `/:id/results` of `test-runs` matches
 * `https://<project>/functions/v1/test-runs/7/results`, with or without a slash at the end.
 *
 * The matching is done by the platform's `URLPattern`. Hono was considered: it answers a wrong method
 * with 404, and its own error handling and context would have to be bypassed to keep problem+json.
 *
 * @param functionName first part of the paths: the folder of the edge function.
 * @throws {Problem} (the handler) `resource.not_found` for an unknown path, and
 * `request.method_not_allowed` with `Allow` for a method that the path does not have.
 */
export function createRoutes<Context extends { readonly request: Request }>(
  functionName: string,
  routes: Routes<Context>,
): (context: Context) => Promise<Response> {
  const table = Object.entries(routes).map(([path, handlers]) => ({
    pattern: new URLPattern({ pathname: `*/${functionName}${path === "/" ? "" : path}{/}?` }),
    handlers,
  }));
  return async (context) => {
    const { method, url } = context.request;
    for (const { pattern, handlers } of table) {
      const match = pattern.exec(url);
      if (match === null) continue;
      const handle = handlers[method];
      if (handle === undefined) throw methodNotAllowed(Object.keys(handlers));
      // Group 0 is the part before the function's name.
      const { 0: _, ...params } = match.pathname.groups;
      return await handle(context, ...Object.values(params).map((value) => value ?? ""));
    }
    throw notFound("The address");
  };
}
