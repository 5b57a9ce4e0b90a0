import assert from "node:assert/strict";
import { DEFAULT_RETRY_POLICY as retry, type LeasedJob } from "../../platform/jobs/retry_policy.ts";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { callWithRetries } from "./call_with_retries.ts";
import type { TransientFailure } from "./model_call.ts";

/** Counts the leases of a job whose every call fails alike; at most 50 are tried. */
async function countLeases(
  failure: Pick<TransientFailure, "charge" | "cost" | "reason" | "isUnexplained">,
  limits: Omit<LeasedJob, "attempt"> = {},
): Promise<number> {
  for (let attempt = 1; attempt < 50; attempt++) {
    const counted = limits.max_tries === undefined ? {} : { tries: attempt };
    const { end } = await callWithRetries(
      {
        job: { attempt, ...limits, ...counted },
        timeoutMs: 1_000,
        probe: () => Promise.resolve(null),
        send: () =>
          Promise.resolve({
            kind: "transient",
            message: "no answer",
            // Longer than a slot is kept for: each lease makes one call.
            retryAfterMs: 60_000,
            served: null,
            ...failure,
          }),
      },
      { clock: createVirtualClock(), retry, random: () => 0.5 },
      { signal: new AbortController().signal, timeLeftMs: () => 100_000 },
    );
    if (end === "given_up") return attempt;
  }
  return Infinity;
}

Deno.test("a paid call that broke off is tried at most twice", async () => {
  const paid = { charge: "unknown", cost: 0.004 } as const;
  assert.equal(await countLeases({ ...paid, reason: "server" }), 2);
  assert.equal(await countLeases({ ...paid, reason: "garbled" }), 2);
  const limits = { max_tries: 20, max_costly_tries: 1 };
  assert.equal(await countLeases({ ...paid, reason: "server" }, limits), 1);
});

Deno.test("an unexplained error inside HTTP 200 is tried at most twice", async () => {
  const unexplained = { charge: "unknown", cost: null, isUnexplained: true } as const;
  assert.equal(await countLeases({ ...unexplained, reason: "server" }), 2);
});

Deno.test("during an outage a call is made only if its provider answers the free request before it", async () => {
  const down: TransientFailure = {
    kind: "transient",
    reason: "network",
    message: "connection refused",
    retryAfterMs: null,
    charge: "none",
    cost: null,
  };
  const answer = {
    kind: "rejected",
    reason: "unfit",
    message: "",
    charge: "none",
    cost: null,
  } as const;
  for (
    const [is_probe, failure, made] of [
      [true, down, ["probe"]],
      [true, null, ["probe", "call"]],
      [false, down, ["call"]],
    ] as const
  ) {
    const sent: string[] = [];
    const { end } = await callWithRetries(
      {
        job: { attempt: 1, is_probe },
        timeoutMs: 1_000,
        probe: () => {
          sent.push("probe");
          return Promise.resolve(failure);
        },
        send: () => {
          sent.push("call");
          return Promise.resolve(answer);
        },
      },
      { clock: createVirtualClock(), retry, random: () => 0.5 },
      { signal: new AbortController().signal, timeLeftMs: () => 100_000 },
    );
    assert.deepEqual(sent, made);
    assert.equal(end, made.length === 1 && is_probe ? "unreachable" : "settled");
  }
});

Deno.test("an outage has more tries than a model that does not answer", async () => {
  const limits = { max_tries: 20, max_costly_tries: 4 };
  const unknown = { charge: "unknown", cost: null } as const;
  assert.equal(await countLeases({ ...unknown, reason: "server" }, limits), 20);
  assert.equal(await countLeases({ ...unknown, reason: "timeout" }, limits), 4);
});

Deno.test("a job without a count of tries is not tried without end", async () => {
  assert.equal(await countLeases({ charge: "none", cost: 0, reason: "busy" }), 8);
  assert.equal(await countLeases({ charge: "unknown", cost: null, reason: "timeout" }), 3);
});
