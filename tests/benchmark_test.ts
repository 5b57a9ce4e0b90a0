import assert from "node:assert/strict";
import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { payLocally } from "../scripts/demo/pay.ts";
import { callControl } from "../scripts/services/call_control.ts";
import { startDetached, stopDetached } from "../scripts/stack/control.ts";
import { freeStackPorts } from "../scripts/stack/free_ports.ts";
import { makeScratchDirectory } from "../scripts/stack/testing.ts";
import { connectByUrl } from "../scripts/support/run_sql.ts";

const RECEIPTS = new URL("../examples/receipts/", import.meta.url);
const FILES = ["01-grocery-till", "02-software-invoice", "03-cafe-slip", "06-taxi-meter"];

function command(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "scripts/benchmark.ts", ...args],
    env: { NO_COLOR: "1", COLUMNS: "80", DEBUG_MOCK_OPENROUTER: "true", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function benchmark(...args: string[]) {
  const { code, stdout, stderr } = await command(args).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout), errors: text.decode(stderr) };
}

/** Benchmarks as a user of a hosted project, and pays on the page that the command names. */
async function benchmarkHosted(args: readonly string[], env: Readonly<Record<string, string>>) {
  await using child = command(args, env).spawn();
  const errors = new Response(child.stderr).text();
  let output = "";
  let isPaid = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += text;
    const [, page] = /Pay here: (\S+)\n/.exec(output) ?? [];
    if (page === undefined || isPaid) continue;
    isPaid = true;
    await payLocally(page);
  }
  return { code: (await child.status).code, output, errors: await errors };
}

async function copyImage(folder: string, from: string, to: string): Promise<void> {
  await Deno.copyFile(new URL(`${from}.png`, RECEIPTS), join(folder, to));
}

Deno.test("a folder that cannot be benchmarked is refused with every file that has a problem", async () => {
  await using scratch = await makeScratchDirectory();
  const folder = scratch.path;
  const write = (name: string, text: string) => Deno.writeTextFile(join(folder, name), text);
  await copyImage(folder, "01-grocery-till", "good.png");
  await write("good.json", '{"total": 1}');
  await copyImage(folder, "01-grocery-till", "lonely.png");
  await write("text.png", "no image");
  await write("text.json", "{}");
  const png = await Deno.readFile(new URL("01-grocery-till.png", RECEIPTS));
  await Deno.writeFile(join(folder, "cut.jpg"), png.subarray(0, 40));
  await write("cut.json", "{}");
  await write("empty.webp", "");
  await write("empty.json", "{}");
  await copyImage(folder, "02-software-invoice", "comma.PNG");
  await write("comma.json", '{"total": 1,}');
  await write("orphan.json", "{}");
  await write("scan.pdf", "%PDF-1.7");
  await copyImage(folder, "03-cafe-slip", "twice.png");
  await copyImage(folder, "03-cafe-slip", "twice.jpeg");
  await write("twice.json", "{}");
  await write("notes.txt", "is not looked at");

  const { code, output, errors } = await benchmark(folder, "--yes");
  assert.equal(code, 1);
  assert.equal(output, "");
  const lines = errors.trimEnd().split("\n");
  const problems = [
    /^- lonely\.png has no lonely\.json beside it/,
    /^- text\.png is not a PNG, JPEG or WebP/,
    /^- cut\.jpg cannot be read as an image/,
    /^- empty\.webp is empty/,
    /^- comma\.json is not valid JSON: .*position 12/,
    /^- orphan\.json has no image beside it/,
    /^- scan\.pdf is not a PNG, JPEG or WebP: convert it/,
    /^- twice\.jpeg and twice\.png share twice\.json/,
  ];
  for (const problem of problems) {
    assert.equal(lines.filter((line) => problem.test(line)).length, 1, `${problem}\n${errors}`);
  }
  assert.equal(lines.length, problems.length + 1, errors);

  const missing = await benchmark(join(folder, "nowhere"));
  assert.match(missing.errors, /nowhere cannot be read/);
  assert.equal(missing.code, 1);
});

Deno.test("own images with own fields end in a report, and nothing starts before it is confirmed", async () => {
  await using scratch = await makeScratchDirectory();
  await using images = await makeScratchDirectory();
  for (const [index, file] of FILES.entries()) {
    await copyImage(images.path, file, `${file}.png`);
    // Fields that no sample of ours has, in an order that no sorting gives.
    const expected = { zeta: `${file} ${index}`, items: [{ sku: index, ok: true }], alpha: null };
    await Deno.writeTextFile(join(images.path, `${file}.json`), JSON.stringify(expected));
  }
  const stackDir = scratch.path;
  const { state } = await startDetached({
    stackDir,
    ports: freeStackPorts(),
    envFile: join(stackDir, "functions.env"),
    env: { DEBUG_MOCK_OPENROUTER: "true", DEBUG_MOCK_GROQ: "true" },
    fsync: false,
  });
  try {
    await using sql = connectByUrl(state.dbUrl);
    const statuses = async () =>
      (await sql.run("select status from public.reports order by created_at"))
        .map(({ status }) => status);
    await callControl(state.localServices["openrouter"] ?? "", "behaviour", { medianMs: 20 });
    const base = [images.path, "--stack-dir", stackDir, "--runs", "1"];

    const misnamed = await benchmark(...base, "--models", "gpt-6-lunna", "--yes");
    assert.equal(misnamed.code, 1);
    assert.match(misnamed.errors, /no model gpt-6-lunna\. Near: openai\/gpt-6-luna/);

    const models = ["--models", "GPT-6 Luna, google/gemini-3.5-flash", "--effort", "low"];
    const unasked = await benchmark(...base, ...models);
    assert.equal(unasked.code, 1);
    assert.match(unasked.output, /inferred[^]*GPT-6 Luna \(low\)[^]*Estimate: \$0\.0/);
    assert.match(unasked.errors, /Nothing was started: .*--yes/);
    assert.deepEqual(await statuses(), ["awaiting_payment"]);

    const done = await benchmark(...base, ...models, "--yes");
    assert.equal(done.code, 0, done.output + done.errors);
    assert.deepEqual(await statuses(), ["complete"]);
    assert.match(done.output, /Report: 2 models on 4 images/);
    const accuracies = Array.from(
      done.output.matchAll(/│\s+(\d+\.\d) ± /g),
      ([, text]) => Number(text),
    );
    assert.equal(accuracies.length, 2, done.output);
    assert.ok(accuracies.every((accuracy) => accuracy > 60), "the simulation knew the answers");
    for (const line of done.output.split("\n")) {
      assert.ok(line.length <= 80 || line.includes("http://"), line);
    }
    const [link = ""] = /http\S+\/report\/[0-9a-f]{64}/.exec(done.output) ?? [];
    const page = await fetch(link);
    assert.equal(page.status, 200);
    await page.body?.cancel();
    const [order] = await sql.run(
      "select config_snapshot ->> 'json_schema' as schema from public.report_orders",
    );
    assert.match(String(order?.["schema"]), /"zeta"[^]*"items"[^]*"sku"[^]*"ok"[^]*"alpha"/);

    const user = { email: "ada@example.com", password: "correct horse battery staple" };
    const { error } = await createClient(state.apiUrl, state.publishableKey).auth.signUp(user);
    assert.equal(error, null);
    const hosted = [images.path, "--runs", "1", "--models", "gpt-6-luna", "--yes"];
    const project = {
      MODELPICK_URL: state.apiUrl,
      MODELPICK_PUBLISHABLE_KEY: state.publishableKey,
      MODELPICK_EMAIL: user.email,
    };
    const unsigned = await benchmarkHosted(hosted, project);
    assert.match(unsigned.errors, /Set MODELPICK_PASSWORD/);
    const paid = await benchmarkHosted(hosted, { ...project, MODELPICK_PASSWORD: user.password });
    assert.equal(paid.code, 0, paid.output + paid.errors);
    assert.match(paid.output, /Price: 19\.00[^]+1 model on 4 images[^]+link to the report/);
  } finally {
    await stopDetached({ stackDir });
  }
});
