import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeJwt, jwtVerify } from "jose";
import {
  adminDbUrl,
  apiUrl,
  dbUrl,
  loadConfig,
  loginDbUrl,
  parseSize,
  portsFrom,
} from "./config.ts";
import { makeScratchDirectory } from "./testing.ts";

Deno.test("the repository's config.toml names every function, its rights and its files", async () => {
  await using scratch = await makeScratchDirectory();
  const { functions, rootDir } = await loadConfig({ stackDir: scratch.path });
  const shown = functions.map(({ name, verifyJwt, enabled }) => ({ name, verifyJwt, enabled }));
  // Each of these functions checks its callers itself and answers refusals in its own format.
  for (const { name, verifyJwt, enabled } of shown) {
    assert.deepEqual([verifyJwt, enabled], [false, true], name);
  }
  const folders = Array.from(Deno.readDirSync(join(rootDir, "supabase", "functions")))
    .filter(({ isDirectory, name }) => isDirectory && /^[a-z]/.test(name));
  assert.deepEqual(
    shown.map(({ name }) => name).toSorted(),
    folders.map(({ name }) => name).sort(),
  );
  const [checkout] = functions;
  const folder = join(rootDir, "supabase", "functions", "checkout");
  assert.equal(checkout?.entrypoint, join(folder, "index.ts"));
  assert.equal(checkout?.importMap, join(folder, "deno.json"));
});

Deno.test("keys are created once per stack directory, and only their owner can read them", async () => {
  await using scratch = await makeScratchDirectory();
  const loaded = await Promise.all(
    [1, 2, 3].map(() => loadConfig({ stackDir: scratch.path })),
  );
  const [first, ...others] = loaded.map(({ keys }) => keys);
  for (const other of others) assert.deepEqual(other, first);
  const { mode } = await Deno.stat(join(scratch.path, "keys.json"));
  assert.equal((mode ?? 0) & 0o777, 0o600);
});

Deno.test("the legacy keys are JWTs of their roles, signed with the project's secret", async () => {
  await using scratch = await makeScratchDirectory();
  const { keys } = await loadConfig({ stackDir: scratch.path });
  const secret = new TextEncoder().encode(keys.jwtSecret);
  await jwtVerify(keys.anonJwt, secret, { algorithms: ["HS256"], issuer: "supabase" });
  await jwtVerify(keys.serviceRoleJwt, secret, { algorithms: ["HS256"], issuer: "supabase" });
  assert.equal(decodeJwt(keys.anonJwt).role, "anon");
  assert.equal(decodeJwt(keys.serviceRoleJwt).role, "service_role");
});

Deno.test("URLs contain the configured ports", async () => {
  await using scratch = await makeScratchDirectory();
  const config = await loadConfig({ stackDir: scratch.path, ports: portsFrom(60000) });
  assert.equal(apiUrl(config), "http://127.0.0.1:60000");
  assert.equal(dbUrl(config), "postgresql://postgres:postgres@127.0.0.1:60001/postgres");
  assert.equal(config.auth.site_url, "http://127.0.0.1:60000");
  assert.equal(new URL(adminDbUrl(config)).username, "supabase_admin");
  assert.equal(new URL(loginDbUrl(config, "authenticator")).username, "authenticator");
});

Deno.test("portsFrom() refuses a base that leaves a service without a valid port", () => {
  for (const base of [NaN, 0, 1.5, 65_530]) assert.throws(() => portsFrom(base), RangeError);
});

Deno.test("parseSize() reads sizes as config.toml writes them", () => {
  assert.equal(parseSize("50MiB"), 52_428_800);
  assert.equal(parseSize("1 kB"), 1000);
  assert.equal(parseSize("12"), 12);
  assert.throws(() => parseSize("much"), /not a size/);
});

Deno.test("hosted's limits are enforced unless STACK_LIMITS says otherwise", async () => {
  await using scratch = await makeScratchDirectory();
  const envFile = join(scratch.path, ".env");
  const load = async (env: Record<string, string>) =>
    (await loadConfig({ stackDir: scratch.path, envFile, env })).limits;
  const hosted = { cpuMs: 2_000, residentMegabytes: 320, connections: 60 };
  assert.deepEqual(await load({}), hosted);
  assert.deepEqual(await load({ STACK_LIMITS: "2.5" }), { ...hosted, cpuMs: 5_000 });
  await Deno.writeTextFile(envFile, "STACK_LIMITS=off");
  assert.equal(await load({}), null);
  assert.deepEqual(await load({ STACK_LIMITS: "on" }), hosted);
  await assert.rejects(load({ STACK_LIMITS: "none" }), /must be on, off or a number/);
});
