import assert from "node:assert/strict";
import { join } from "node:path";
import { findPgBouncer, startPooler } from "../../../../scripts/stack/pooler.ts";
import { unprivilegedUser } from "../../../../scripts/stack/postgres/unix_user.ts";
import {
  makeScratchDirectory,
  startTestDatabase,
  type TestDatabase,
} from "../../../../scripts/stack/testing.ts";
import { hostedDeno } from "../../../../scripts/support/hosted_deno.ts";
import type { ProbeOutcome } from "../testing/probe_database.ts";
import { connectDatabase, type Database } from "./database.ts";

const ROOT = join(import.meta.dirname ?? ".", "../../../..");
const PROBE = join(import.meta.dirname ?? ".", "../testing/probe_database.ts");

/** This Deno and the one of hosted functions. */
const DENOS = [Deno.execPath(), (await hostedDeno()).path];

/** Runs `testing/probe_database.ts`. Fails if the program died of an error that nothing caught. */
async function probe(deno: string, env: Record<string, string>): Promise<ProbeOutcome> {
  const { code, stdout, stderr } = await new Deno.Command(deno, {
    args: ["run", "-A", "--no-lock", "--no-check", "--config", join(ROOT, "deno.json"), PROBE],
    env: { SUPABASE_URL: "http://127.0.0.1:9", ...env },
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return JSON.parse(text.decode(stdout).trim());
}

function poolerUrl({ config, dbUrl }: TestDatabase): string {
  const url = new URL(dbUrl);
  url.port = String(config.ports.pooler);
  return url.href;
}

async function hasOpenssl(): Promise<boolean> {
  try {
    return (await new Deno.Command("openssl", { args: ["version"] }).output()).success;
  } catch {
    console.warn("openssl is not installed: the tests of encrypted connections are skipped.");
    return false;
  }
}

/** Makes an authority, and a certificate for `localhost` that it signed. Returns their folder. */
async function makeCertificates(directory: string): Promise<void> {
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: directory })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  const newKey = ["-newkey", "rsa:2048", "-nodes"];
  await openssl(
    ...["req", "-x509", ...newKey, "-days", "2", "-keyout", "ca.key", "-out", "ca.crt"],
    ...["-subj", "/CN=Test authority", "-addext", "keyUsage=critical,keyCertSign"],
  );
  await openssl(
    ...["req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"],
  );
  await Deno.writeTextFile(
    join(directory, "extensions"),
    "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
  );
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2"],
    ...["-CAcreateserial", "-out", "server.crt", "-extfile", "extensions"],
  );
  const user = await unprivilegedUser();
  await Deno.chmod(directory, 0o755);
  await Deno.chmod(join(directory, "server.key"), 0o600);
  if (user) await Deno.chown(join(directory, "server.key"), user.uid, user.gid);
}

Deno.test({
  name: "a server that only lets in encrypted connections is reached, and its certificate verified",
  ignore: !await hasOpenssl(),
  fn: async () => {
    await using scratch = await makeScratchDirectory();
    await makeCertificates(scratch.path);
    const hba = join(scratch.path, "hba.conf");
    await Deno.writeTextFile(hba, "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    await using database = await startTestDatabase({
      serverSettings: {
        ssl: "on",
        ssl_cert_file: join(scratch.path, "server.crt"),
        ssl_key_file: join(scratch.path, "server.key"),
        hba_file: hba,
      },
    });
    const authority = await Deno.readTextFile(join(scratch.path, "ca.crt"));
    const byAddress = database.dbUrl;
    const byName = byAddress.replace("127.0.0.1", "localhost");
    // The server lets in nothing else, so a session is an encrypted one.
    const known = { DATABASE_CA_CERT: authority.trim().replaceAll("\n", "\\n") };
    for (const deno of DENOS) {
      for (
        const env of [
          { SUPABASE_DB_URL: byName, ...known },
          { SUPABASE_DB_URL: byName, ...known, DATABASE_SSL: "verify-full" },
          { SUPABASE_DB_URL: `${byName}?sslmode=require`, ...known, DATABASE_SSL: "disable" },
        ]
      ) {
        const { deno: version, ...outcome } = await probe(deno, env);
        assert.deepEqual(outcome, {
          role: "service_role",
          timeout: "7s",
          rounds: { done: 0, lost: 0 },
        }, version);
      }
      const refusals = [
        [{ SUPABASE_DB_URL: byName, ...known, DATABASE_SSL: "disable" }, /no encryption/],
        [{ SUPABASE_DB_URL: byName }, /no encryption.*UnknownIssuer.*set DATABASE_CA_CERT/],
        [{ SUPABASE_DB_URL: byName, DATABASE_SSL: "require" }, /: the database's cert.*UnknownIss/],
        [
          { SUPABASE_DB_URL: byAddress, ...known, DATABASE_SSL: "require" },
          /not valid for name|NotValidForName/i,
        ],
      ] as const;
      for (const [env, message] of refusals) {
        assert.match((await probe(deno, env)).error ?? "", message);
      }
    }
  },
});

Deno.test("a server without encryption is used by default, and refused where it is required", async () => {
  await using database = await startTestDatabase();
  for (const deno of DENOS) {
    const outcome = await probe(deno, { SUPABASE_DB_URL: database.dbUrl });
    assert.equal(outcome.role, "service_role", outcome.error);
    const refused = await probe(deno, { SUPABASE_DB_URL: database.dbUrl, DATABASE_SSL: "require" });
    assert.match(refused.error ?? "", /offers no encryption.*DATABASE_SSL=prefer/);
  }
});

/**
 * Passes connections on to a database. Cuts the first `cuts` of them after 0, `step`, 2 × `step`, … bytes
 * of the database's. Never answers the first `silent` ones.
 */
function startCutter(
  port: number,
  { cuts, step, silent = 0 }: { cuts: number; step: number; silent?: number },
) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let accepted = 0;
  let cut = 0;
  const close = (...ends: readonly Deno.Conn[]) => {
    for (const end of ends) if (open.delete(end)) end.close();
  };
  const relay = async (client: Deno.Conn, budget: number) => {
    open.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    open.add(server);
    const copy = async (from: Deno.Conn, to: Deno.Conn, limit: number) => {
      let left = limit;
      while (true) {
        const block = new Uint8Array(4_096);
        const count = await from.read(block).catch(() => null);
        if (count === null) break;
        for (let at = 0; at < Math.min(count, left);) {
          const written = await to.write(block.subarray(at, Math.min(count, left)))
            .catch(() => left);
          at += written;
        }
        left -= count;
        if (left <= 0) {
          cut++;
          break;
        }
      }
      close(client, server);
    };
    void copy(client, server, Infinity);
    void copy(server, client, budget);
  };
  const accepting = (async () => {
    for await (const client of listener) {
      const place = accepted++;
      if (place < silent) open.add(client);
      else void relay(client, place < cuts ? place * step : Infinity);
    }
  })();
  return {
    port: listener.addr.port,
    cut: () => cut,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      close(...open);
    },
  };
}

Deno.test("a connection that ends at any byte throws into its statements only", async () => {
  await using database = await startTestDatabase();
  for (const deno of DENOS) {
    const cuts = 60;
    await using cutter = startCutter(database.config.ports.db, { cuts, step: 41 });
    const url = new URL(database.dbUrl);
    url.port = String(cutter.port);
    const outcome = await probe(deno, {
      SUPABASE_DB_URL: url.href,
      DATABASE_SSL: "disable",
      PROBE_ROUNDS: "120",
    });
    assert.equal(outcome.error, undefined);
    assert.equal(cutter.cut(), cuts);
    const { done = 0, lost = 0 } = outcome.rounds ?? {};
    assert.equal(done + lost, 120);
    // Rounds that a cut connection did not carry went on with the next one.
    assert.ok(lost > 0 && lost <= cuts && done >= 60, JSON.stringify(outcome.rounds));
  }
});

Deno.test("a session that the server ends, at work or idle, throws into its statements only", async () => {
  await using database = await startTestDatabase();
  for (const deno of DENOS) {
    let ended = 0;
    let isOver = false;
    const ending = (async () => {
      while (!isOver) {
        const rows = await database.admin`
          select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'probe'`;
        // Leaves the last statements of the probe alone.
        if ((ended += rows.length) >= 100) return;
      }
    })();
    const outcome = await probe(deno, { SUPABASE_DB_URL: database.dbUrl, PROBE_ROUNDS: "300" })
      .finally(() => isOver = true);
    await ending;
    assert.equal(outcome.error, undefined);
    assert.ok(ended >= 100, `only ${ended} sessions were ended`);
    assert.ok((outcome.rounds?.lost ?? 0) > 0 && (outcome.rounds?.done ?? 0) > 0);
  }
});

async function whoAmI(sql: Database) {
  const [row] = await sql<{ role: string; timeout: string }[]>`
    select current_user::text as role, current_setting('statement_timeout') as timeout`;
  return row;
}

for (
  const [pooler, ignores] of [
    ["refuses start-up parameters", []],
    ["ignores start-up parameters", ["role", "statement_timeout"]],
  ] as const
) {
  Deno.test({
    name:
      `through a pooler that ${pooler}, role and timeout hold in every transaction and leak out of none`,
    ignore: findPgBouncer() === undefined,
    fn: async () => {
      await using database = await startTestDatabase();
      const running = await startPooler(database.config, () => {}, { ignores });
      const url = poolerUrl(database);
      const short = connectDatabase(url, { name: "short", statementTimeoutMs: 7_000 });
      const long = connectDatabase(url, { name: "long", statementTimeoutMs: 60_000, max: 3 });
      try {
        const asked = await Promise.all(
          Array.from({ length: 15 }, () => [whoAmI(short), whoAmI(long)]).flat(),
        );
        asked.forEach((row, index) => {
          assert.deepEqual(row, {
            role: "service_role",
            timeout: index % 2 === 0 ? "7s" : "1min",
          });
        });
        const [counted] = await long.begin(async (own) => {
          await own`create temporary table numbers (n integer) on commit drop`;
          await own`insert into numbers select generate_series(1, ${40}::integer)`;
          return await own<{ total: number }[]>`select count(*)::integer as total from numbers`;
        });
        assert.equal(counted?.total, 40);
        const sleeping = short`select pg_sleep(600)`;
        const cancelled = assert.rejects(Promise.resolve(sleeping), { code: "57014" });
        await assertEventually(async () =>
          (await database.admin`
            select from pg_stat_activity where query like 'select pg_sleep(600)' and state = 'active'`)
            .length === 1
        );
        sleeping.cancel();
        await cancelled;
        // What the pooler's sessions keep for whoever gets them next.
        const sessions = await database.admin<{ states: string[] }[]>`
          select array_agg(distinct state) as states from pg_stat_activity
          where usename = 'postgres' and backend_type = 'client backend'`;
        assert.deepEqual(sessions[0]?.states, ["idle"]);
        for (const deno of DENOS) {
          const outcome = await probe(deno, { SUPABASE_DB_URL: database.dbUrl, DATABASE_URL: url });
          assert.equal(outcome.error, undefined);
          assert.equal(outcome.role, "service_role");
          assert.equal(outcome.timeout, "7s");
        }
      } finally {
        await Promise.all([short.end({ timeout: 5 }), long.end({ timeout: 5 })]);
        await running.stop();
      }
    },
  });
}

Deno.test("a role that may not become service_role is refused, directly and through a pooler", async () => {
  await using database = await startTestDatabase();
  const running = findPgBouncer() === undefined ? undefined : await startPooler(database.config);
  try {
    for (const given of [database.dbUrl, ...running === undefined ? [] : [poolerUrl(database)]]) {
      const url = new URL(given);
      url.username = "supabase_auth_admin";
      const sql = connectDatabase(url.href, { name: "refused" });
      await assert.rejects(
        Promise.resolve(sql`select 1`),
        /does not let this session act as service_role: permission denied to set role/,
      );
      await sql.end();
    }
  } finally {
    await running?.stop();
  }
});

Deno.test("30 isolates that find 15 of 60 connections free all get their statements done", async () => {
  await using database = await startTestDatabase({ serverSettings: { max_connections: "60" } });
  // Three of the 60 are for superusers.
  const others = await Promise.all(
    Array.from({ length: 42 }, () => occupy(database.dbUrl)),
  );
  try {
    await Promise.all(Array.from({ length: 30 }, async (_, isolate) => {
      const sql = connectDatabase(database.dbUrl, { name: `isolate-${isolate}` });
      const [row] = await sql<{ isolate: number }[]>`
        select ${isolate}::integer as isolate from pg_sleep(1)`;
      assert.equal(row?.isolate, isolate);
      await sql.end();
    }));
  } finally {
    await Promise.all(others.map((sql) => sql.end()));
  }
});

Deno.test("a connection that a busy server does not answer in time is tried again", async () => {
  await using database = await startTestDatabase();
  const port = Number(new URL(database.dbUrl).port);
  await using late = startCutter(port, { cuts: 0, step: 0, silent: 1 });
  const url = new URL(database.dbUrl);
  url.port = String(late.port);
  const sql = connectDatabase(url.href, { name: "patient" });
  const [row] = await sql<{ role: string }[]>`select current_user::text as role`;
  assert.equal(row?.role, "service_role");
  await sql.end();
});

/** Opens a connection and keeps it. */
async function occupy(url: string): Promise<Database> {
  const sql = connectDatabase(url, { name: "other" });
  await sql`select 1`;
  return sql;
}

async function assertEventually(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
