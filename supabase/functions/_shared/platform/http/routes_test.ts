import assert from "node:assert/strict";
import { createRoutes } from "./routes.ts";

const answer = (name: string) => (_: unknown, ...params: string[]) =>
  Promise.resolve(new Response([name, ...params].join(" ")));

const route = createRoutes("things", {
  "/": { POST: answer("create") },
  "/summary": { GET: answer("summarise") },
  "/:id": { GET: answer("show"), POST: answer("change") },
  "/:id/parts/:part": { GET: answer("show part") },
});

async function ask(method: string, path: string): Promise<string> {
  const response = await route({ request: new Request(`http://localhost${path}`, { method }) });
  return await response.text();
}

Deno.test("a request reaches the first route that matches, wherever the function is mounted", async () => {
  assert.equal(await ask("POST", "/things"), "create");
  assert.equal(await ask("POST", "/functions/v1/things/"), "create");
  assert.equal(await ask("GET", "/things/summary?of=all"), "summarise");
  assert.equal(await ask("GET", "/functions/v1/things/7/"), "show 7");
  assert.equal(await ask("GET", "/things/7/parts/wheel"), "show part 7 wheel");
});

Deno.test("a method that the path does not have is refused with those that it has", async () => {
  await assert.rejects(ask("GET", "/things"), {
    code: "request.method_not_allowed",
    headers: { allow: "POST" },
  });
  await assert.rejects(ask("PUT", "/things/7"), { headers: { allow: "GET, POST" } });
  // A fixed path is never taken for a value.
  await assert.rejects(ask("POST", "/things/summary"), { headers: { allow: "GET" } });
});

Deno.test("an unknown path is not found", async () => {
  for (const path of ["/things/7/parts", "/things/7/parts/wheel/rim", "/others/7", "/thingsome"]) {
    await assert.rejects(ask("GET", path), { code: "resource.not_found" });
  }
});
