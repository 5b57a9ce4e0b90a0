/** Responses that the runtime gives instead of a function, with the bodies of the hosted runtime. */
const ANSWERS = {
  notFound: [404, { code: "NOT_FOUND", message: "Requested function was not found" }],
  invalidJwt: [401, { msg: "Invalid JWT" }],
  bootError: [503, {
    code: "BOOT_ERROR",
    message: "Function failed to start (please check logs)",
  }],
  workerError: [500, {
    code: "WORKER_ERROR",
    message: "Function exited due to an error (please check logs)",
  }],
  workerLimit: [546, {
    code: "WORKER_LIMIT",
    message: "Function failed due to not having enough compute resources (please check logs)",
  }],
  /** Sent when the caller has disconnected, so nobody receives it. */
  callerGone: [499, { code: "REQUEST_CANCELLED", message: "The caller went away" }],
  idleTimeout: [504, {
    code: "IDLE_TIMEOUT",
    message: "Function did not answer within the time a request may take",
  }],
} as const satisfies Record<string, readonly [status: number, body: object]>;

/** Returns the runtime's own response for a failure. */
export function answerFailure(reason: keyof typeof ANSWERS): Response {
  const [status, body] = ANSWERS[reason];
  return Response.json(body, { status, headers: { "Access-Control-Allow-Origin": "*" } });
}
