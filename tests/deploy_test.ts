import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { planEnvironment } from "../scripts/stack/plan_environment.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";
import { checkProjectUrl } from "../scripts/doctor/checks/database.ts";
import { connectByUrl } from "../scripts/support/run_sql.ts";
import { TestStack } from "../scripts/testing/stack.ts";
import { PROJECT, startManagementApi } from "./support/management_api.ts";

const SETTINGS = {
  SITE_URL: "https://app.example.com",
  STRIPE_SECRET_KEY: "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
  STRIPE_WEBHOOK_SECRET: "whsec_5f4dcc3b5aa765d61d83",
  OPENROUTER_API_KEY: "sk-or-v1-0123",
  OPENAI_API_KEY: "sk-0123",
  RESEND_API_KEY: "re_0123",
  EMAIL_FROM: "Ada's reports <reports@example.com>",
};
const CREDENTIALS = {
  SUPABASE_ACCESS_TOKEN: `sbp_${"0123456789".repeat(4)}`,
  SUPABASE_PROJECT_REF: PROJECT,
};

interface Run {
  readonly code: number;
  readonly output: string;
}

/** Runs a command with settings in a file, as a user does. The environment holds nothing else. */
async function run(
  script: "deploy" | "doctor",
  settings: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Run> {
  const file = await Deno.makeTempFile({ prefix: "modelpick-test-" });
  const quoted = Object.entries(settings).map(([name, value]) => `${name}="${value}"`);
  await Deno.writeTextFile(file, quoted.join("\n"));
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `scripts/${script}.ts`, "--env-file", file, ...args],
      clearEnv: true,
      env: {
        ...Object.fromEntries(
          ["HOME", "PATH", "DENO_DIR"].flatMap((name) => {
            const value = Deno.env.get(name);
            return value === undefined ? [] : [[name, value]];
          }),
        ),
        COLUMNS: "80",
        NO_COLOR: "1",
      },
    }).output();
    const text = new TextDecoder();
    return { code, output: text.decode(stdout) + text.decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

/** Joins the wrapped lines of a table's last column, so that a sentence can be found in it. */
function unwrap(output: string): string {
  return output.split("\n").map((line) => line.split("│").at(-2)?.trim() ?? line).join(" ")
    .replaceAll(/\s+/g, " ");
}

/** Environment of the functions of a test stack. */
function environmentOf(stack: TestStack): Readonly<Record<string, string>> {
  return planEnvironment(stack.stack.config, stack.stack.config.env).env;
}

Deno.test("deploy names everything that is missing and changes nothing", async () => {
  await using database = await startTestDatabase({ bare: true });
  await using api = await startManagementApi({
    sql: database.sql,
    publishableKey: "sb_publishable_x",
    secretKey: "sb_secret_x",
  });
  const { code, output } = await run(
    "deploy",
    {
      SUPABASE_DB_URL: database.url,
      SITE_URL: "http://localhost:3000",
      STRIPE_SECRET_KEY: "pk_live_1",
      DEBUG_MOCK_OPENROUTER: "true",
    },
    ...["--profile", api.profile],
  );
  assert.equal(code, 1, output);
  const text = unwrap(output);
  for (
    const words of [
      "no project is named",
      "SUPABASE_ACCESS_TOKEN is not set",
      "STRIPE_WEBHOOK_SECRET is not set: payments are refused, so no report is ever run",
      "RESEND_API_KEY is not set",
      "EMAIL_FROM is not set",
      "no provider has a key: no model can be run",
      "SITE_URL is http://localhost:3000: it must begin with https://",
      "STRIPE_SECRET_KEY is no secret key",
      "DEBUG_MOCK_OPENROUTER is for the local stack only",
      "Nothing was changed.",
    ]
  ) assert.ok(text.includes(words), `${words}\n${output}`);
  assert.deepEqual(api.changes, []);
  const [row] = await database.sql`select to_regclass('public.reports') as reports`;
  assert.equal(row?.reports, null);
});

Deno.test("a dry run prints every command and no secret, and changes nothing", async () => {
  const { code, output } = await run("deploy", { ...SETTINGS, ...CREDENTIALS }, "--dry-run");
  assert.equal(code, 0, output);
  assert.deepEqual(output.split("\n").filter((line) => /^ {2}(supabase|deno) /.test(line)), [
    `  supabase db push --include-all --yes --remote=${PROJECT}`,
    `  supabase db query "select private.prepare_vault('https://${PROJECT}.supabase.co')"`,
    `  supabase config push --yes --remote=${PROJECT}`,
    `  supabase secrets set ${Object.keys(SETTINGS).join(" ")} --remote=${PROJECT}`,
    `  deno task functions:build && supabase functions deploy --use-api --workdir=dist --yes --remote=${PROJECT}`,
    `  deno task app:build --api-url https://${PROJECT}.supabase.co --key sb_publishable_… --out dist/app`,
    `  deno task doctor --project ${PROJECT}`,
  ]);
  for (const [name, value] of Object.entries({ ...SETTINGS, ...CREDENTIALS })) {
    if (/KEY|SECRET|TOKEN/.test(name)) assert.ok(!output.includes(value), name);
  }
});

Deno.test("one command deploys a project with the real CLI, and the same command continues what stopped", async () => {
  await using stack = await TestStack.start({ isWarm: true });
  await using api = await startManagementApi({
    sql: stack.sql,
    publishableKey: stack.stack.keys.publishable,
    secretKey: stack.stack.keys.secret,
  });
  const out = await Deno.makeTempDir({ prefix: "modelpick-test-" });
  const settings = {
    ...SETTINGS,
    ...CREDENTIALS,
    STRIPE_WEBHOOK_SECRET: environmentOf(stack).STRIPE_WEBHOOK_SECRET ?? "",
    PROJECT_URL: stack.stack.apiUrl,
    SUPABASE_DB_URL: stack.stack.dbUrl,
  };
  const deploy = () => run("deploy", settings, "--profile", api.profile, "--out", out);
  const secretOf = async (name: string) => {
    const [row] = await stack.sql`
      select decrypted_secret as secret from vault.decrypted_secrets where name = ${name}`;
    return row?.secret;
  };
  // A project that was moved, and restored from a dump without its vault.
  await stack.sql`select private.prepare_vault('https://elsewhere.supabase.co')`;
  await stack.sql`delete from vault.secrets where name = 'worker_token'`;

  api.refused = "chat";
  const stopped = await deploy();
  assert.equal(stopped.code, 1, stopped.output);
  for (
    const line of [
      "Stopped at: functions.",
      "Done: migrations, vault, Auth's settings, secrets.",
      "Not done: functions, pages, smoke test.",
      "the bundle is too large",
    ]
  ) assert.ok(stopped.output.includes(line), `${line}\n${stopped.output}`);

  const token = await secretOf("worker_token");
  assert.match(token, /^[0-9a-f]{64}$/);

  api.refused = null;
  const deployed = await deploy();
  assert.equal(deployed.code, 0, deployed.output);
  assert.ok(deployed.output.endsWith(`${stack.stack.apiUrl} is deployed and works.\n`));
  assert.equal(await secretOf("project_url"), stack.stack.apiUrl);
  // What the first run did was not done again.
  assert.equal(await secretOf("worker_token"), token);
  assert.equal(api.changes.filter((change) => change === "PATCH v1/config/auth").length, 1);
  const { SITE_URL, EMAIL_FROM, RESEND_API_KEY } = SETTINGS;
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(api.auth).filter(([name]) =>
        /^(site_url|uri_allow|mailer_autoconfirm|smtp_[hpuas])/.test(name) &&
        name !== "smtp_max_frequency"
      ),
    ),
    {
      site_url: SITE_URL,
      uri_allow_list: `${SITE_URL}/**`,
      mailer_autoconfirm: false,
      smtp_admin_email: "reports@example.com",
      smtp_host: "smtp.resend.com",
      smtp_pass: RESEND_API_KEY,
      smtp_port: "465",
      smtp_sender_name: "Ada's reports",
      smtp_user: "resend",
    },
  );
  for (const template of ["magic_link", "confirmation"]) {
    assert.match(String(api.auth[`mailer_templates_${template}_content`]), /\{\{ \.Token \}\}/);
  }
  assert.equal(api.secrets.get("EMAIL_FROM"), EMAIL_FROM);
  assert.deepEqual([...api.secrets.keys()].sort(), Object.keys(SETTINGS).sort());
  const functions = stack.stack.config.functions.map(({ name }) => name);
  assert.deepEqual([...api.functions].sort(), functions.sort());
  assert.deepEqual(JSON.parse(await Deno.readTextFile(join(out, "config.json"))), {
    apiUrl: stack.stack.apiUrl,
    publishableKey: stack.stack.keys.publishable,
  });

  await Deno.remove(out, { recursive: true });
});

Deno.test("doctor finds nothing on a working project, and each thing that is broken", async () => {
  await using stack = await TestStack.start({ isWarm: true });
  await using api = await startManagementApi({
    sql: stack.sql,
    publishableKey: stack.stack.keys.publishable,
    secretKey: stack.stack.keys.secret,
  });
  const environment = environmentOf(stack);
  for (const [name, value] of Object.entries(environment)) api.secrets.set(name, value);
  const settings: Record<string, string> = {
    ...CREDENTIALS,
    ...environment,
    PROJECT_URL: stack.stack.apiUrl,
  };
  const examine = (overrides: Readonly<Record<string, string>> = {}) =>
    run("doctor", { ...settings, ...overrides }, "--profile", api.profile, "--project", PROJECT);
  const admin = postgres(stack.stack.adminDbUrl, { max: 1, onnotice: () => {} });

  const well = await examine();
  assert.equal(well.code, 0, well.output);
  assert.match(well.output, /16 ok, 1 warnings, 0 failed/);
  for (const line of well.output.split("\n")) assert.ok(line.length <= 80, line);

  await stack.sql`delete from vault.secrets where name = 'project_url'`;
  await stack
    .sql`select cron.alter_job(jobid, active => false) from cron.job where jobname = 'sweep-queue'`;
  await stack.sql`select cron.unschedule('models-sync')`;
  await admin`delete from storage.buckets where id = 'benchmark-images'`;
  api.secrets.delete("RESEND_API_KEY");
  const broken = await examine({ STRIPE_WEBHOOK_SECRET: "whsec_of_another_endpoint" });
  assert.equal(broken.code, 1, broken.output);
  const text = unwrap(broken.output);
  for (
    const words of [
      "project_url is missing, so Postgres starts no worker → deno task deploy writes it",
      "sweep-queue is switched off → Switch it on under Integrations, Cron",
      "models-sync does not exist → Deploy the migrations",
      "the bucket benchmark-images is missing",
      "an image could not be stored",
      "RESEND_API_KEY is not set: customers get no report",
      "an event signed with STRIPE_WEBHOOK_SECRET was answered with 400",
    ]
  ) assert.ok(text.includes(words), `${words}\n${broken.output}`);

  // A preview branch that was given the address of production.
  await stack.sql`select private.prepare_vault('http://127.0.0.1:9')`;
  await using sql = connectByUrl(stack.stack.dbUrl);
  const [astray] = await checkProjectUrl({ sql, apiUrl: stack.stack.apiUrl });
  assert.equal(astray?.state, "failed");
  assert.equal(
    astray.finding,
    `Postgres calls the functions of http://127.0.0.1:9, but this project is ${stack.stack.apiUrl}`,
  );
  await admin.end();
});
