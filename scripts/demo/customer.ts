import { join } from "node:path";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/receipts");

const objectSchema = z.record(z.string(), z.json());

/** Sample image with its expected JSON. */
export interface Receipt {
  readonly file: string;
  readonly png: Uint8Array<ArrayBuffer>;
  readonly expected: Record<string, unknown>;
}

export interface Customer {
  readonly id: string;
  readonly email: string;
}

/** Loads the committed samples, sorted by name. */
export async function loadReceipts(): Promise<Receipt[]> {
  const files = Array.from(Deno.readDirSync(FOLDER), ({ name }) => name)
    .filter((name) => name.endsWith(".png")).sort();
  return await Promise.all(files.map(async (file) => ({
    file,
    png: await Deno.readFile(join(FOLDER, file)),
    expected: objectSchema.parse(
      JSON.parse(await Deno.readTextFile(join(FOLDER, file.replace(/png$/, "json")))),
    ),
  })));
}

/** Account of the demo. `DEMO_EMAIL` sets the recipient of real e-mails. */
export const DEMO_CREDENTIALS = {
  email: Deno.env.get("DEMO_EMAIL") ?? "customer@example.com",
  password: "correct-horse-battery-staple",
} as const;

/** Signs the customer in, or up if the account does not exist. */
export async function signUp(supabase: SupabaseClient): Promise<Customer> {
  let { data: { user }, error } = await supabase.auth.signInWithPassword(DEMO_CREDENTIALS);
  if (error) ({ data: { user }, error } = await supabase.auth.signUp(DEMO_CREDENTIALS));
  if (error || user === null) throw new Error(`signing up failed: ${error?.message}`);
  return { id: user.id, email: DEMO_CREDENTIALS.email };
}

/** Uploads the images and saves the draft of an order. Returns the draft's id. */
export async function prepareDraft(
  supabase: SupabaseClient,
  owner: Customer,
  receipts: readonly Receipt[],
  choice: { readonly models: readonly string[]; readonly runsPerModel: number },
): Promise<string> {
  const folder = `${owner.id}/${crypto.randomUUID()}`;
  const bucket = supabase.storage.from("benchmark-images");
  await Promise.all(receipts.map(async ({ file, png }) => {
    const { error } = await bucket.upload(`${folder}/${file}`, png, { contentType: "image/png" });
    if (error) throw new Error(`uploading ${file} failed: ${error.message}`);
  }));
  const { data, error } = await supabase.from("benchmark_drafts").insert({
    name: "Receipts",
    upload_data: {
      images: receipts.map(({ file, expected }) => ({ path: `${folder}/${file}`, expected })),
    },
    prompt: await Deno.readTextFile(join(FOLDER, "prompt.txt")),
    json_schema: JSON.parse(await Deno.readTextFile(join(FOLDER, "schema.json"))),
    model_ids: choice.models,
    priorities: ["accuracy", "cost", "speed"],
    runs_per_model: choice.runsPerModel,
  }).select("id").single();
  if (error) throw new Error(`saving the draft failed: ${error.message}`);
  return z.object({ id: z.string() }).parse(data).id;
}
