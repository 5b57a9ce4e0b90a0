import type { McpServer, ServerContext, ToolAnnotations } from "@modelcontextprotocol/server";
import type { z } from "zod";
import {
  describeProblem,
  type ProblemDocument,
  toProblem,
} from "../_shared/platform/http/problem.ts";
import {
  describeMember,
  type Member,
  type Permission,
  requirePermission,
} from "../_shared/platform/http/authenticate_member.ts";
import type { Logger } from "../_shared/platform/logger.ts";

/** HTTP request in which tools are called. */
export interface ToolRequest {
  readonly member: Member;
  readonly requestId: string;
  /** Path of the request. */
  readonly instance: string;
  readonly log: Logger;
}

/** One call of a tool. */
export interface ToolCall extends ToolRequest {
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
  /** Tells the caller what is being done, if they asked for that. */
  readonly announce: (message: string) => Promise<void>;
}

/** Answer of a tool. */
export interface ToolAnswer<Output> {
  readonly output: Output;
  /** The same for clients that read text only. Default: the output as JSON. */
  readonly text?: string;
}

/** A tool as clients see it, and what it does. */
export interface Tool<Input extends z.ZodObject, Output extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly annotations: ToolAnnotations;
  /** What a caller needs besides `read`. */
  readonly permission?: Permission;
  /** @throws {Problem} and {@link ToolFailure}; the caller is told nothing of any other error. */
  readonly run: (
    args: z.output<Input>,
    call: ToolCall,
  ) => Promise<ToolAnswer<z.output<Output>>>;
}

/** Annotations of a tool that only reads what is stored here. */
export const READS_ONLY: ToolAnnotations = { readOnlyHint: true, openWorldHint: false };

/** Error thrown with a problem document that is complete already. */
export class ToolFailure extends Error {
  override readonly name = "ToolFailure";

  constructor(readonly document: ProblemDocument) {
    super(document.detail);
  }
}

/**
 * Adds a tool to the server of a request. What it throws becomes a result with `isError`, whose text is
 * the problem document.
 */
export function registerTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  server: McpServer,
  request: ToolRequest,
  tool: Tool<Input, Output>,
): void {
  const { name, title, description, annotations } = tool;
  const inputSchema: z.ZodObject = tool.input;
  const outputSchema: z.ZodObject = tool.output;
  const log = request.log.with({ tool: name, ...describeMember(request.member) });
  server.registerTool(name, {
    title,
    description,
    annotations,
    inputSchema,
    outputSchema,
  }, async (args, { mcpReq }) => {
    try {
      if (tool.permission !== undefined) requirePermission(request.member, tool.permission);
      // The server has parsed them with the tool's own schema.
      const { output, text } = await tool.run(args as z.output<Input>, {
        ...request,
        log,
        signal: mcpReq.signal,
        announce: createAnnouncer(mcpReq),
      });
      const plain = toPlainJson(output);
      log.info("tool answered");
      return {
        content: [{ type: "text", text: text ?? JSON.stringify(plain) }],
        structuredContent: plain,
      };
    } catch (error) {
      // Nobody reads what a call that was broken off ends with.
      if (mcpReq.signal.aborted) throw error;
      const document = describeFailure(error, request, log);
      return { content: [{ type: "text", text: JSON.stringify(document) }], isError: true };
    }
  });
}

function describeFailure(error: unknown, request: ToolRequest, log: Logger): ProblemDocument {
  // Whoever threw it has logged it.
  if (error instanceof ToolFailure) return error.document;
  const problem = toProblem(error);
  log[problem.status >= 500 ? "error" : "info"]("tool failed", {
    code: problem.code,
    detail: problem.message,
    ...problem.cause === undefined ? {} : { cause: problem.cause },
  });
  return describeProblem(problem, request);
}

function createAnnouncer(
  { _meta, notify }: ServerContext["mcpReq"],
): ToolCall["announce"] {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return () => Promise.resolve();
  let progress = 0;
  return async (message) => {
    progress++;
    // Nobody listens any more if it fails, and the signal tells the tool.
    await notify({
      method: "notifications/progress",
      params: { progressToken, progress, message },
    }).catch(() => {});
  };
}

/** Returns a value as JSON holds it. Integers that a double does not hold become text. */
function toPlainJson(value: unknown): Record<string, unknown> {
  const text = JSON.stringify(
    value,
    (_key, member) => typeof member === "bigint" ? String(member) : member,
  );
  return JSON.parse(text);
}
