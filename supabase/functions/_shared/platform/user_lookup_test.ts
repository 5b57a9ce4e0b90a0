import assert from "node:assert/strict";
import { createUserLookup } from "./user_lookup.ts";

function lookUp(answer: () => Response | Promise<Response>) {
  const requests: Request[] = [];
  const lookUpUser = createUserLookup({
    supabaseUrl: "http://auth.example",
    key: "sb_secret_x",
    fetch(input, init) {
      requests.push(new Request(input, init));
      return Promise.resolve(answer());
    },
  });
  return { requests, lookUpUser };
}

Deno.test("the user's token is what Auth is asked about, with the project's key beside it", async () => {
  const { requests, lookUpUser } = lookUp(() =>
    Response.json({ id: "u-1", email: "ada@example.com", aud: "authenticated" })
  );
  assert.deepEqual(await lookUpUser("token-1"), { id: "u-1", email: "ada@example.com" });
  assert.equal(requests[0]?.url, "http://auth.example/auth/v1/user");
  assert.equal(requests[0]?.headers.get("authorization"), "Bearer token-1");
  assert.equal(requests[0]?.headers.get("apikey"), "sb_secret_x");
});

Deno.test("a token that Auth refuses is nobody's", async () => {
  for (const status of [400, 401, 403, 404]) {
    const { lookUpUser } = lookUp(() =>
      Response.json({ code: status, error_code: "bad_jwt", msg: "invalid JWT" }, { status })
    );
    assert.equal(await lookUpUser("forged"), null);
  }
});

Deno.test("an ended session is nobody's", async () => {
  const { lookUpUser } = lookUp(() =>
    Response.json({ code: "session_not_found", message: "gone" }, {
      status: 403,
      headers: { "x-supabase-api-version": "2024-01-01" },
    })
  );
  assert.equal(await lookUpUser("stale"), null);
});

Deno.test("a user without an e-mail address is somebody", async () => {
  const { lookUpUser } = lookUp(() => Response.json({ id: "u-1" }));
  assert.deepEqual(await lookUpUser("token-1"), { id: "u-1", email: undefined });
});

Deno.test("an Auth that fails or is busy is not taken for a refusal", async () => {
  for (const status of [429, 500, 502, 503]) {
    const { lookUpUser } = lookUp(() => Response.json({ msg: "busy" }, { status }));
    await assert.rejects(lookUpUser("good"), { code: "auth.unavailable" });
  }
  const failures = [
    () => Promise.reject(new TypeError("connection refused")),
    () => new Response("<html>"),
    () => Response.json({}),
  ];
  for (const failure of failures) {
    const { lookUpUser } = lookUp(failure);
    await assert.rejects(lookUpUser("good"), { code: "auth.unavailable" });
  }
});
