import assert from "node:assert/strict";
import { ACTIONS } from "../scripts/operate/actions.ts";
import { connectByUrl } from "../scripts/support/run_sql.ts";
import { startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";
import { PROJECT, startManagementApi } from "./support/management_api.ts";

/** Runs `deno task operate` against a project whose API is faked. */
async function operate(profile: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "scripts/operate.ts", "--project", PROJECT],
      ...["--profile", profile, ...args],
    ],
    env: {
      SUPABASE_ACCESS_TOKEN: `sbp_${"0123456789".repeat(4)}`,
      COLUMNS: "120",
      NO_COLOR: "1",
    },
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

async function only(database: TestDatabase, query: string): Promise<unknown> {
  const [row] = await database.sql.unsafe(query);
  return Object.values(row ?? {})[0];
}

Deno.test("the operator changes limits, models, prices, tokens and dead e-mails without SQL", async () => {
  await using database = await startTestDatabase();
  await using api = await startManagementApi({
    sql: database.sql,
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
  });
  // Each call of the command starts a process of Deno and one of Supabase's CLI. Four show that the command
  // reaches its actions and reports what they throw; the others call the actions.
  const command = async (code: number, ...args: string[]) => {
    const ended = await operate(api.profile, ...args);
    assert.equal(ended.code, code, ended.output);
    return ended.output;
  };
  await using sql = connectByUrl(database.url);
  const does = async (name: string, ...args: string[]) => {
    const action = ACTIONS.find(({ usage }) => usage.split(" ", 1)[0] === name);
    assert.ok(action !== undefined, name);
    return await action.run(sql, args);
  };
  const refuses = async (name: string, ...args: string[]) => {
    const error = await does(name, ...args).then(() => null, (error: Error) => error);
    assert.ok(error !== null, name);
    return error.message;
  };
  const model = await only(database, "select id from public.models where active limit 1");
  await database.sql`
    insert into private.job_queue (id, kind, attempts, last_error, dead_at)
    overriding system value values (4711, 'report_email', 8, 'no such address', now())`;
  const token = await only(database, "select private.worker_token_digest()");

  await command(0, "limit", "hard_ceiling_usd", "20");
  assert.equal(
    await only(database, "select hard_ceiling_usd::int from private.queue_settings"),
    20,
  );
  await does("limit-chat", "usd_per_month", "none");
  await does("limit-chat", "usd_per_user_day", "0.5");
  assert.equal(
    await only(
      database,
      "select concat_ws(' ', usd_per_user_day, usd_per_month) from private.chat_settings",
    ),
    "0.5",
  );
  await does("limit-images", "image_retention_days", "90");
  assert.equal(
    await only(database, "select image_retention_days from private.image_settings"),
    90,
  );
  await does("limit-provider", "openrouter", "100");
  assert.equal(
    await only(
      database,
      "select max_in_flight from private.provider_limits where provider = 'openrouter'",
    ),
    100,
  );
  await does("withdraw", String(model));
  assert.equal(
    await only(database, `select active from public.models where id = '${model}'`),
    false,
  );
  await does("offer", String(model));
  assert.equal(
    await only(database, `select active from public.models where id = '${model}'`),
    true,
  );
  await command(0, "add-model", "compatible/llava:13b", "LLaVA", "0", "0", "32768");
  assert.equal(
    await only(
      database,
      "select base_url_key || ' ' || context_length from public.models where id = 'compatible/llava:13b'",
    ),
    "compatible 32768",
  );
  await does("price", "gpt-5.6-terra", "2", "0.2", "12");
  assert.equal(
    await only(
      database,
      "select source from public.model_prices where model = 'gpt-5.6-terra' order by valid_from desc limit 1",
    ),
    "operator",
  );
  await does("rotate-token");
  assert.notEqual(await only(database, "select private.worker_token_digest()"), token);
  assert.match(await command(0, "show", "job_queue", "5"), /4711.*report_email.*no such address/);
  await does("retry-email", "4711");
  assert.equal(await only(database, "select dead_at from private.job_queue where id = 4711"), null);
  assert.match(await does("rescore"), /^0 reports/);
  assert.match(await does("resume", "openrouter"), /^0 jobs wait/);
  const report = crypto.randomUUID();
  assert.match(await does("resume-report", report), /^0 calls wait/);
  assert.match(await command(1, "retry-report", report), /only a failed report/);
  await does("auto-refund", "off");
  assert.equal(await only(database, "select auto_refund from private.billing_settings"), false);
  await does("sell", "five", "5", "7900", "eur", "Five reports");
  await does("sell", "five", "5", "6900", "eur", "Five reports");
  assert.equal(
    await only(database, "select concat_ws(' ', amount, currency, reports) from public.prices"),
    "6900 eur 5",
  );
  await does("stop-selling", "five");
  assert.match(await refuses("stop-selling", "six"), /no price has the id six/);

  assert.match(await refuses("retry-email", "4711"), /4711 is no dead e-mail/);
  assert.match(await refuses("limit", "singleton", "1"), /no limit is named singleton/);
  assert.match(
    await refuses("limit", "lease_seconds", "2"),
    /lease_seconds must be from 5 to 300, not 2/,
  );
  assert.match(await refuses("limit", "max_workers", "1, max_crashes = 9"), /is no number/);
  assert.match(await refuses("offer", "no/such'model"), /no model has the id/);
});
