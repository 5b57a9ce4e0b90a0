import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { hostedDeno } from "../support/hosted_deno.ts";
import { tryParseJson } from "../support/try_parse_json.ts";
import { readLines } from "../stack/text_lines.ts";
import { buildFunctions } from "./build_functions.ts";
import { bundleFunctions } from "./bundle_functions.ts";

/** Settings with which every function starts. Nothing listens at the addresses. */
const ENV = {
  SUPABASE_URL: "http://127.0.0.1:9",
  SUPABASE_DB_URL: "postgresql://postgres:postgres@127.0.0.1:9/postgres",
  SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: "sb_publishable_test" }),
  SUPABASE_SECRET_KEYS: JSON.stringify({ default: "sb_secret_test" }),
  SUPABASE_JWKS: JSON.stringify({ keys: [] }),
  SITE_URL: "http://127.0.0.1:9",
  STRIPE_SECRET_KEY: "key-of-a-test",
  STRIPE_WEBHOOK_SECRET: "whsec_test",
  OPENAI_API_KEY: "key-of-a-test",
};

const listeningSchema = z.object({ port: z.number() });

const PRELUDE = `
  const serve = Deno.serve;
  Deno.serve = (handler) => serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ port })),
  }, handler);
`;

/** Starts a module on Deno 2.1.4, where it can read no file except itself and download nothing. */
async function start(path: string): Promise<Deno.ChildProcess> {
  const { path: deno } = await hostedDeno();
  return new Deno.Command(deno, {
    args: ["run", "--no-config", "--no-remote", "--no-npm", "--allow-env", "--allow-net", path],
    clearEnv: true,
    env: { ...ENV, HOME: Deno.env.get("HOME") ?? "/", NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs a module that is bundled like a function, and returns what it prints. */
async function runBundled(code: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "supabase/functions/entry.ts");
    await Deno.mkdir(join(folder, "supabase/functions"), { recursive: true });
    await Deno.writeTextFile(path, code);
    const [bundle] = await bundleFunctions([{ name: "entry", path }]);
    assert.ok(bundle);
    const bundled = join(folder, "entry.js");
    await Deno.writeFile(bundled, bundle.code);
    const { stdout, stderr, success } = await (await start(bundled)).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every built function starts on the hosted Deno from its file alone and refuses a stranger", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const bundles = await buildFunctions(folder);
    assert.ok(bundles.length > 10);
    for (const { name } of bundles) {
      await t.step(name, async () => {
        const built = join(folder, "supabase/functions", name);
        const entry = join(built, "start.js");
        await Deno.writeTextFile(entry, `${PRELUDE}await import("./index.js");`);
        const child = await start(entry);
        const errors = new Response(child.stderr).text();
        let answered = false;
        try {
          for await (const line of readLines(child.stdout)) {
            const listening = listeningSchema.safeParse(tryParseJson(line));
            if (!listening.success) continue;
            const response = await fetch(`http://127.0.0.1:${listening.data.port}/${name}`, {
              method: "PATCH",
            });
            assert.equal(response.status, 405);
            assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
            assert.equal((await response.json()).code, "request.method_not_allowed");
            answered = true;
            break;
          }
        } finally {
          try {
            child.kill("SIGKILL");
          } catch {
            // It has ended already.
          }
          await child.status;
        }
        assert.ok(answered, await errors);
        await errors;
      });
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the SQL parser works in a bundle that cannot read its WASM file", async () => {
  const parser = new URL(
    "../../supabase/functions/_shared/chat/gate/parse_statement.ts",
    import.meta.url,
  );
  const printed = await runBundled(`
    import { StatementParser } from ${JSON.stringify(parser.pathname)};
    const { stmts } = await new StatementParser().parse("select 7 as seven");
    console.log(JSON.stringify(stmts));
  `);
  assert.match(printed, /"name":"seven".*"ival":7/);
});

Deno.test("a bundle's zod reports errors in the words of the whole package", async () => {
  const code = `
    import { z } from "zod";
    const shape = z.object({ name: z.string(), count: z.int().positive(), to: z.email() });
    const { error } = shape.safeParse({ name: 1, count: -1, to: "nobody" });
    console.log(JSON.stringify(error.issues));
  `;
  const shape = z.object({ name: z.string(), count: z.int().positive(), to: z.email() });
  const { error } = shape.safeParse({ name: 1, count: -1, to: "nobody" });
  assert.deepEqual(JSON.parse(await runBundled(code)), JSON.parse(JSON.stringify(error?.issues)));
});

Deno.test("a bundle's MCP server checks arguments and answers a tool's call", async () => {
  const printed = await runBundled(`
    import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
    import { z } from "zod";
    const { fetch } = createMcpHandler(() => {
      const server = new McpServer({ name: "test", version: "1" });
      const schema = z.object({ count: z.number() });
      server.registerTool("double", { inputSchema: schema, outputSchema: schema }, ({ count }) => ({
        content: [],
        structuredContent: { count: 2 * count },
      }));
      return server;
    });
    for (const count of [21, "many"]) {
      const params = { name: "double", arguments: { count } };
      const response = await fetch(new Request("http://127.0.0.1/", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
      }));
      console.log(await response.text());
    }
  `);
  assert.match(printed, /"structuredContent":\{"count":42\}.*"isError":true/s);
});

Deno.test("a bundle survives a database that refuses its connection", async () => {
  const printed = await runBundled(`
    import postgres from "postgres";
    const sql = postgres(${JSON.stringify(ENV.SUPABASE_DB_URL)}, { max: 1 });
    await sql\`select 1\`.catch(({ code }) => console.log(code));
    await sql.end();
  `);
  assert.equal(printed, "ECONNREFUSED");
});

Deno.test("on the hosted Deno, a call whose reused connection breaks is not sent again", async () => {
  const client = new URL(
    "../../supabase/functions/_shared/models/calls/endpoint_client.ts",
    import.meta.url,
  );
  const printed = await runBundled(`
    import { createEndpointClient } from ${JSON.stringify(client.pathname)};
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const answer = new TextEncoder().encode("HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}");
    const requestsOf = [];
    (async () => {
      for await (const connection of listener) {
        const index = requestsOf.push(0) - 1;
        const bytes = new Uint8Array(4096);
        for (let count; (count = await connection.read(bytes)) !== null;) {
          if (!new TextDecoder().decode(bytes.subarray(0, count)).startsWith("POST")) continue;
          if (++requestsOf[index] > 1) break;
          await connection.write(answer);
        }
        connection.close();
      }
    })();
    const baseUrl = "http://127.0.0.1:" + listener.addr.port;
    const { send } = createEndpointClient({ baseUrl, apiKey: null });
    const call = () => send({ path: "/", body: {}, timeoutMs: 20_000 }).catch(() => ({ text: "broken" }));
    console.log(JSON.stringify([(await call()).text, (await call()).text, requestsOf]));
    Deno.exit();
  `);
  assert.deepEqual(JSON.parse(printed), ["{}", "broken", [2]]);
});
