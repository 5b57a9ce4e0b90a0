import assert from "node:assert/strict";
import { createCanvas } from "@napi-rs/canvas";
import { z } from "zod";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { sniffImage } from "../supabase/functions/_shared/models/image.ts";

const BUCKET = "benchmark-images";
const HAIKU = "anthropic/claude-haiku-4.5";
const LUNA = "openai/gpt-6-luna";

const test = await TestStack.start();
Deno.test.afterAll(() => test[Symbol.asyncDispose]());

const imagesSchema = z.array(z.object({
  path: z.string(),
  fitted: z.object({ source_path: z.string(), width: z.number() }).optional(),
}));
const answerSchema = z.object({
  report_id: z.string(),
  checkout_url: z.string(),
  warnings: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
});

/** Saves a draft whose first image is wider than Anthropic takes. Returns its id and that image's path. */
async function draftWideImage(customer: Customer) {
  const draft = await test.draft(customer, { models: [HAIKU, LUNA], images: 2, runsPerModel: 1 });
  const [row] = await test.sql<{ images: { path: string; expected: unknown }[] }[]>`
    select upload_data -> 'images' as images from public.benchmark_drafts where id = ${draft}`;
  const [first, ...others] = row?.images ?? [];
  assert.ok(first);
  const wide = createCanvas(9_000, 600);
  wide.getContext("2d").fillRect(0, 0, 4_500, 600);
  const path = `${customer.id}/wide/${first.path.slice(first.path.lastIndexOf("/") + 1)}`;
  const { error } = await customer.client.storage.from(BUCKET)
    .upload(path, new Uint8Array(wide.encodeSync("png")), { contentType: "image/png" });
  assert.equal(error, null);
  const images = JSON.stringify([{ ...first, path }, ...others]);
  await test.sql`update public.benchmark_drafts
    set upload_data = jsonb_build_object('images', ${images}::text::jsonb) where id = ${draft}`;
  return { draft, path };
}

async function checkout(customer: Customer, body: Record<string, unknown>) {
  const { data } = await customer.client.auth.getSession();
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/checkout`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${data.session?.access_token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { status: response.status, answer };
}

/** Returns the names of the copies in a customer's folder. */
async function copiesOf({ id }: Customer): Promise<string[]> {
  const rows = await test.sql<{ name: string }[]>`
    select name from storage.objects where name like ${`${id}/fitted/%`} order by name`;
  return rows.map(({ name }) => name);
}

Deno.test("with fit_images one copy is made, every model reads it, and the report says so", async () => {
  const customer = await test.customer();
  const { draft, path } = await draftWideImage(customer);
  const refused = await checkout(customer, { draft_id: draft });
  assert.equal(refused.status, 422);
  assert.match(JSON.stringify(refused.answer), /"can_fit_images":true/);
  assert.deepEqual(await copiesOf(customer), []);

  const [first, second] = [
    await checkout(customer, { draft_id: draft, fit_images: true }),
    await checkout(customer, { draft_id: draft, fit_images: true }),
  ];
  assert.equal(first.status, 200, JSON.stringify(first.answer));
  const order = answerSchema.parse(first.answer);
  assert.equal(answerSchema.parse(second.answer).report_id, order.report_id);
  assert.match(order.warnings[0]?.message ?? "", /a PNG of 2500 x 167 pixels/);
  const [copy, ...more] = await copiesOf(customer);
  assert.ok(copy);
  assert.deepEqual(more, []);

  const [frozen] = await test.sql<{ images: unknown }[]>`
    select config_snapshot -> 'images' as images from public.report_orders
    where report_id = ${order.report_id}`;
  const [fitted, asUploaded] = imagesSchema.parse(frozen?.images);
  assert.deepEqual(fitted, { path: copy, fitted: { source_path: path, width: 2_500 } });
  assert.equal(asUploaded?.fitted, undefined);
  const { data: file } = await customer.client.storage.from(BUCKET).download(copy);
  const stored = await file?.bytes() ?? new Uint8Array();
  assert.deepEqual(sniffImage(stored)?.size, { width: 2_500, height: 167 });

  await test.pay(order.checkout_url);
  assert.equal((await test.ended(order.report_id)).status, "complete");
  const received = z.array(z.object({ body: z.looseObject({ model: z.string() }) }))
    .parse(await test.inspect("openrouter", "requests"));
  const readers: string[] = [];
  for (const { body } of received) {
    const [url] = JSON.stringify(body).match(/http[^"]*\/fitted\/[^"]*/) ?? [];
    if (url === undefined) continue;
    readers.push(body.model);
    assert.deepEqual(await (await fetch(url)).bytes(), stored);
  }
  assert.deepEqual(readers.sort(), [HAIKU, LUNA]);

  const [report] = await test.sql<{ note: string }[]>`
    select summary #>> '{fittedImages,text}' as note from public.reports
    where id = ${order.report_id}`;
  assert.equal(
    report?.note,
    "1 of 2 images was shrunk to at most 2500 pixels a side (PNG), for every model alike.",
  );
});
