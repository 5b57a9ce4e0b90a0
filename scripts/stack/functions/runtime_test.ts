import { deepEqual, equal, match, ok } from "node:assert/strict";
import { waitUntil } from "../processes.ts";
import { startTestFunctions } from "./testing.ts";

const ECHO = `Deno.serve(async (request) => Response.json({
  method: request.method,
  path: new URL(request.url).pathname + new URL(request.url).search,
  tag: request.headers.get("x-tag"),
  body: await request.text(),
  pid: Deno.pid,
}, { status: 201, headers: { "X-Answer": "yes" } }));`;

Deno.test("a function that calls Deno.serve answers with what it was sent", async () => {
  await using functions = await startTestFunctions({ "echo/index.ts": ECHO });
  const response = await functions.call("/echo/below?q=1", {
    method: "PUT",
    headers: { "X-Tag": "a" },
    body: "hello",
  });
  equal(response.status, 201);
  equal(response.headers.get("X-Answer"), "yes");
  const { pid: _, ...seen } = await response.json();
  deepEqual(seen, { method: "PUT", path: "/echo/below?q=1", tag: "a", body: "hello" });
});

Deno.test("a function that exports its fetch handler answers as one that serves", async () => {
  await using functions = await startTestFunctions({
    "exported/index.ts": `export default { fetch: () => new Response("exported") };`,
  });
  equal(await (await functions.call("/exported")).text(), "exported");
});

Deno.test("requests to one function run at the same time in one process", async () => {
  await using functions = await startTestFunctions({
    "meet/index.ts": `let waiting;
      Deno.serve(async () => {
        if (waiting) waiting.resolve(); else await (waiting = Promise.withResolvers()).promise;
        return new Response(String(Deno.pid));
      });`,
  });
  const pids = await Promise.all([1, 2].map(async () => (await functions.call("/meet")).text()));
  equal(pids[0], pids[1]);
});

Deno.test("a variable saved in .env is visible to the next request", async () => {
  await using functions = await startTestFunctions({
    ".env": "MINE=before\nFORCED=file",
    "env/index.ts":
      `Deno.serve(() => Response.json(["MINE", "NEW", "FORCED"].map((name) => Deno.env.get(name) ?? null)));`,
  }, { env: { FORCED: "stack" } });
  deepEqual(await (await functions.call("/env")).json(), ["before", null, "stack"]);
  await functions.write(".env", "MINE=after\nNEW=1\nFORCED=other");
  deepEqual(await (await functions.call("/env")).json(), ["after", "1", "stack"]);
});

Deno.test("a function sees the hosted variables and none of this process's own", async () => {
  Deno.env.set("NOT_FOR_FUNCTIONS", "1");
  await using functions = await startTestFunctions({
    ".env": "FROM_FILE=file\nBOTH=file\nSUPABASE_URL=forbidden",
    "env/index.ts": `Deno.serve(() => Response.json(Deno.env.toObject()));`,
  }, { env: { BOTH: "stack", FROM_STACK: "stack" } });
  const env = await (await functions.call("/env")).json();
  const { keys, ports } = functions.config;
  const NETWORK = /proxy|CERT|^DENO_TLS/i;
  deepEqual(
    Object.fromEntries(Object.entries(env).filter(([name]) => !NETWORK.test(name))),
    {
      SUPABASE_URL: `http://127.0.0.1:${ports.api}`,
      SUPABASE_DB_URL: `postgresql://postgres:postgres@127.0.0.1:${ports.db}/postgres`,
      SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
      SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
      SUPABASE_JWKS: `{"keys":[]}`,
      SUPABASE_ANON_KEY: keys.anonJwt,
      SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleJwt,
      SB_REGION: "local",
      SITE_URL: `http://127.0.0.1:${ports.api}`,
      WORKER_CPU_MS: String(functions.config.limits?.cpuMs),
      SB_EXECUTION_ID: env.SB_EXECUTION_ID,
      FROM_FILE: "file",
      FROM_STACK: "stack",
      BOTH: "stack",
    },
  );
  match(env.SB_EXECUTION_ID, /^[0-9a-f-]{36}$/);
});

Deno.test("a function resolves its imports by its own deno.json", async () => {
  await using functions = await startTestFunctions({
    "mapped/deno.json": `{"imports": {"greeting": "../_shared/greeting.ts"}}`,
    "_shared/greeting.ts": `export const greeting = "mapped";`,
    "mapped/index.ts": `import { greeting } from "greeting";
      Deno.serve(() => new Response(greeting));`,
  });
  equal(await (await functions.call("/mapped")).text(), "mapped");
});

Deno.test("bodies stream both ways", async () => {
  await using functions = await startTestFunctions({
    "pipe/index.ts": `Deno.serve((request) => new Response(request.body));`,
  });
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const writer = up.writable.getWriter();
  const text = (value: string) => new TextEncoder().encode(value);
  void writer.write(text("first"));
  const response = await functions.call("/pipe", { method: "POST", body: up.readable });
  const reader = response.body!.getReader();
  // The first part of the response must arrive before the second part of the request is sent.
  equal(new TextDecoder().decode((await reader.read()).value), "first");
  void writer.write(text("second"));
  equal(new TextDecoder().decode((await reader.read()).value), "second");
  await writer.close();
  equal((await reader.read()).done, true);
});

Deno.test("a caller that disconnects aborts the function's request", async () => {
  await using functions = await startTestFunctions({
    "wait/index.ts": `Deno.serve(async (request) => {
      console.log("waiting");
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      console.log("caller went away");
      return new Response();
    });`,
  });
  const caller = new AbortController();
  const call = functions.call("/wait", { signal: caller.signal }).catch((error) => error.name);
  await functions.printedLine("waiting");
  caller.abort();
  equal(await call, "AbortError");
  await functions.printedLine("caller went away");
});

Deno.test("work in waitUntil continues after the response and during a reload", async () => {
  await using functions = await startTestFunctions({
    "later/index.ts": `Deno.serve((request) => {
      const { promise, resolve } = Promise.withResolvers();
      if (request.method === "POST") {
        EdgeRuntime.waitUntil(promise.then(() => console.log("done later")));
        setTimeout(resolve, 1500);
      }
      return new Response("accepted");
    });
    addEventListener("beforeunload", (event) => console.log("bye", event.detail.reason));`,
  });
  equal(await (await functions.call("/later", { method: "POST" })).text(), "accepted");
  ok(!functions.printed.includes("done later"));
  await functions.write("later/index.ts", `Deno.serve(() => new Response("reloaded"));`);
  equal(await (await functions.call("/later")).text(), "reloaded");
  await functions.printedLine("bye early_drop");
  const [done, bye] = ["done later", "bye early_drop"].map((line) =>
    functions.printed.indexOf(line)
  );
  ok(done !== undefined && bye !== undefined && done >= 0 && done < bye);
});

Deno.test("a rejected waitUntil is logged and leaves the function running", async () => {
  await using functions = await startTestFunctions({
    "fails/index.ts": `Deno.serve(() => {
      EdgeRuntime.waitUntil(Promise.reject(new Error("later trouble")));
      return new Response(String(Deno.pid));
    });`,
  });
  const pid = await (await functions.call("/fails")).text();
  await functions.printedLine("later trouble");
  equal(await (await functions.call("/fails")).text(), pid);
});

Deno.test("a saved file takes effect on the next request, a shared one too", async () => {
  await using functions = await startTestFunctions({
    "hot/index.ts": `import { word } from "../_shared/word.ts";
      Deno.serve(() => new Response(word));`,
    "_shared/word.ts": `export const word = "one";`,
  });
  equal(await (await functions.call("/hot")).text(), "one");
  await functions.write("_shared/word.ts", `export const word = "second";`);
  equal(await (await functions.call("/hot")).text(), "second");
  await functions.write("hot/index.ts", `Deno.serve(() => new Response("third"));`);
  equal(await (await functions.call("/hot")).text(), "third");
});

Deno.test("a request that is running when a file is saved is answered by the old code", async () => {
  await using functions = await startTestFunctions({
    "slow/index.ts": `Deno.serve(async () => {
      console.log("old began");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return new Response("old");
    });`,
  });
  const old = functions.call("/slow");
  await functions.printedLine("old began");
  await functions.write("slow/index.ts", `Deno.serve(() => new Response("new"));`);
  equal(await (await functions.call("/slow")).text(), "new");
  equal(await (await old).text(), "old");
});

Deno.test("at the wall clock limit an isolate is warned, killed and replaced", async () => {
  await using functions = await startTestFunctions({
    "long/index.ts": `const started = Date.now();
      addEventListener("beforeunload", (event) => console.log("bye", event.detail.reason));
      Deno.serve((request) => {
        if (request.method === "POST") {
          console.log("stuck since", started);
          return new Promise(() => setInterval(() => {}, 1000));
        }
        return new Response(String(Deno.pid));
      });`,
  }, { wallClockSeconds: 6 });
  const first = await (await functions.call("/long")).text();
  const stuck = functions.call("/long", { method: "POST" });
  await functions.printedLine("stuck since");

  // After half its life an isolate keeps its running work, and a new isolate answers new requests.
  const next = async () => (await functions.call("/long")).text();
  ok(await waitUntil(async () => await next() !== first, 60_000));
  const response = await stuck;
  equal(response.status, 546);
  equal((await response.json()).code, "WORKER_LIMIT");
  await functions.printedLine("bye wall_clock");
  await functions.printedLine("wall clock limit reached");
  equal((await functions.call("/long")).status, 200);
});

Deno.test("with keepWarm the next isolate is ready before the old one retires", async () => {
  await using functions = await startTestFunctions({
    "warm/index.ts": `console.log("started"); Deno.serve(() => new Response(String(Deno.pid)));`,
  }, { wallClockSeconds: 6, keepWarm: true });
  const starts = () => functions.printed.filter((line) => line === "started").length;
  await functions.runtime.warm();
  await functions.printedLine("started");
  const first = await (await functions.call("/warm")).text();
  ok(await waitUntil(() => starts() >= 2, 60_000));
  ok(await waitUntil(async () => await (await functions.call("/warm")).text() !== first, 60_000));
});

Deno.test("a function's output is in its own log file", async () => {
  await using functions = await startTestFunctions({
    "loud/index.ts": `console.log("to stdout"); console.error("to stderr");
      Deno.serve(() => new Response());`,
  });
  await functions.call("/loud");
  await functions.printedLine("to stdout");
  await functions.printedLine("to stderr");
  const text = await Deno.readTextFile(`${functions.config.stackDir}/logs/functions/loud.log`);
  match(text, /^\d{4}-\S+Z to stdout$/m);
  match(text, /^\d{4}-\S+Z to stderr$/m);
});

Deno.test("an unknown, a shared and a disabled function are all not found", async () => {
  await using functions = await startTestFunctions({
    "off/index.ts": ECHO,
    "_shared/index.ts": ECHO,
  }, { functions: [{ name: "off", enabled: false }] });
  for (const name of ["nothing", "_shared", "off", "..%2foff"]) {
    const response = await functions.call(`/${name}`);
    equal(response.status, 404);
    equal((await response.json()).code, "NOT_FOUND");
  }
});

Deno.test("a function that cannot start answers BOOT_ERROR until it is fixed", async () => {
  await using functions = await startTestFunctions({
    "broken/index.ts": `throw new Error("no boot");`,
    "idle/index.ts": `export {};`,
  });
  for (const name of ["broken", "idle"]) {
    const response = await functions.call(`/${name}`);
    equal(response.status, 503);
    equal((await response.json()).code, "BOOT_ERROR");
  }
  await functions.printedLine("no boot");
  await functions.write("broken/index.ts", `Deno.serve(() => new Response("mended"));`);
  equal(await (await functions.call("/broken")).text(), "mended");
});

Deno.test("a function that exits during a request fails only that request", async () => {
  await using functions = await startTestFunctions({
    "crash/index.ts": `Deno.serve((request) => {
      if (request.method === "POST") Deno.exit(3);
      return new Response("alive");
    });`,
  });
  const response = await functions.call("/crash", { method: "POST" });
  equal(response.status, 500);
  equal((await response.json()).code, "WORKER_ERROR");
  equal(await (await functions.call("/crash")).text(), "alive");
});

Deno.test("a function that throws answers 500 and keeps running", async () => {
  await using functions = await startTestFunctions({
    "throws/index.ts": `Deno.serve((request) => {
      if (request.method === "POST") throw new Error("in the handler");
      return new Response(String(Deno.pid));
    });`,
  });
  const pid = await (await functions.call("/throws")).text();
  equal((await functions.call("/throws", { method: "POST" })).status, 500);
  await functions.printedLine("in the handler");
  equal(await (await functions.call("/throws")).text(), pid);
});

Deno.test("a request without an answer in time gets 504", async () => {
  await using functions = await startTestFunctions({
    "mute/index.ts": `setInterval(() => {}, 1000); Deno.serve(() => new Promise(() => {}));`,
  }, { requestTimeoutSeconds: 1 });
  equal((await functions.call("/mute")).status, 504);
});

Deno.test("stopping calls beforeunload handlers and leaves no process", async () => {
  const functions = await startTestFunctions({
    "end/index.ts": `addEventListener("beforeunload", (event) => console.log(event.detail.reason));
      Deno.serve(() => new Response(String(Deno.pid)));`,
  });
  const pid = Number(await (await functions.call("/end")).text());
  await functions[Symbol.asyncDispose]();
  ok(functions.printed.includes("termination"));
  ok(!await isAlive(pid));
});

Deno.test("the functions' processes end when the stack's is killed", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", `${import.meta.dirname}/testing_parent.ts`],
    stdout: "piped",
  }).spawn();
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const pid = Number(value);
  ok(await isAlive(pid));
  child.kill("SIGKILL");
  await child.status;
  ok(await waitUntil(async () => !await isAlive(pid), 60_000));
});

async function isAlive(pid: number): Promise<boolean> {
  const { commandOf } = await import("../processes.ts");
  return await commandOf(pid) !== undefined;
}
