import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import type { Priority } from "../../supabase/functions/_shared/benchmark/configuration.ts";
import { hashBytes } from "../../supabase/functions/_shared/platform/json/hash_json.ts";
import type { JsonObject } from "../../supabase/functions/_shared/platform/json/json_value.ts";
import {
  parseJson,
  writeJson,
} from "../../supabase/functions/_shared/platform/json/lossless_json.ts";
import { mapBounded } from "../../supabase/functions/_shared/platform/map_bounded.ts";
import type { Place } from "./place.ts";
import type { Sample } from "./read_folder.ts";

const BUCKET = "benchmark-images";
const UPLOADS_AT_ONCE = 4;

/** Benchmark of a folder. */
export interface FolderOrder {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly prompt: string;
  readonly schema: JsonObject;
  readonly modelIds: readonly string[];
  readonly priorities: readonly Priority[];
  readonly runsPerModel: number;
  readonly strategy: "full" | "race";
  /** `true` lets checkout replace images that a model does not take by smaller copies. */
  readonly mayFitImages: boolean;
}

const warningSchema = z.object({ path: z.string(), code: z.string(), message: z.string() });

/** Answer of checkout. */
const orderedSchema = z.object({
  report_id: z.string(),
  checkout_url: z.url(),
  estimate: z.object({
    total_usd: z.number(),
    runs_per_model: z.number(),
    requested_runs_per_model: z.number(),
    ceiling_usd: z.number(),
    price_cents: z.number(),
    per_model: z.array(z.object({
      model_id: z.string(),
      name: z.string(),
      usd_per_run: z.number(),
      total_usd: z.number(),
      schema_regime: z.string(),
    })),
  }),
  warnings: z.array(warningSchema),
});
export type Ordered = z.infer<typeof orderedSchema>;

const problemSchema = z.object({
  detail: z.string(),
  code: z.string(),
  errors: z.array(warningSchema).default([]),
  can_fit_images: z.boolean().default(false),
});

/** Error of an order that was refused. Its message has a line for each field. */
export class OrderRefused extends Error {
  override readonly name = "OrderRefused";

  /** @param codes of the fields' errors, such as `no_key`. */
  constructor(message: string, readonly codes: readonly string[]) {
    super(message);
  }
}

/**
 * Uploads the images and opens an order for them, which costs nothing until it is paid. An image that
 * was uploaded before is not sent again: its path has its hash.
 *
 * @throws {OrderRefused} that names files and models instead of fields.
 */
export async function orderFolder(
  { supabase, ownerId }: Pick<Place, "supabase" | "ownerId">,
  order: FolderOrder,
): Promise<Ordered> {
  const paths = await mapBounded(order.samples, UPLOADS_AT_ONCE, async (sample) => {
    const path = `${ownerId}/${hashBytes(sample.bytes).slice(0, 16)}/${sample.file}`;
    await upload(supabase, path, sample);
    return path;
  });
  const body = {
    configuration: {
      name: order.name,
      prompt: order.prompt,
      json_schema: order.schema,
      images: order.samples.map(({ expected }, index) => ({ path: paths[index], expected })),
      model_ids: order.modelIds,
      priorities: order.priorities,
      runs_per_model: order.runsPerModel,
      strategy: order.strategy,
    },
    fit_images: order.mayFitImages,
  };
  const { data, error } = await supabase.functions.invoke("checkout", {
    // As text, which keeps all digits of a number.
    body: writeJson(body),
    headers: { "content-type": "application/json" },
  });
  if (error === null) return orderedSchema.parse(data);
  throw await refusalOf(error, order);
}

async function upload(supabase: SupabaseClient, path: string, sample: Sample): Promise<void> {
  const { error } = await supabase.storage.from(BUCKET)
    .upload(path, sample.bytes, { contentType: sample.mediaType });
  if (error === null || ("statusCode" in error && String(error.statusCode) === "409")) return;
  throw new Error(`${sample.file} was not uploaded: ${error.message}`);
}

async function refusalOf(error: unknown, order: FolderOrder): Promise<Error> {
  const context = error instanceof Error && "context" in error ? error.context : undefined;
  const text = context instanceof Response ? await context.text() : "";
  const parsed = problemSchema.safeParse(parseOr(text));
  if (!parsed.success) return new Error(`Checkout failed: ${text === "" ? error : text}`);
  const { detail, errors, can_fit_images } = parsed.data;
  const lines = errors.map((field) => `- ${describeField(field, order)}`);
  const advice = can_fit_images ? ["Add --fit-images to send copies that every model takes."] : [];
  return new OrderRefused(
    [`The order was refused. ${detail}`, ...lines, ...advice].join("\n"),
    errors.map(({ code }) => code),
  );
}

function parseOr(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Names the file or model of a field's error, such as `configuration.images.3.expected.total`. */
export function describeField(
  { path, message }: Pick<z.infer<typeof warningSchema>, "path" | "message">,
  { samples, modelIds }: Pick<FolderOrder, "samples" | "modelIds">,
): string {
  const [, part, index = "", field] =
    /^(?:configuration\.)?(images|model_ids)\.(\d+)(?:\.(?:expected\.?)?(.*))?$/.exec(path) ?? [];
  if (part === "images") {
    const file = samples[Number(index)]?.file ?? path;
    return `${file}${field === undefined || field === "" ? "" : `, ${field}`}: ${message}`;
  }
  if (part === "model_ids") return `${modelIds[Number(index)] ?? path}: ${message}`;
  const plain = path.replace(/^configuration\./, "");
  return plain === "" ? message : `${plain}: ${message}`;
}
