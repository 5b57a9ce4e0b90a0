import type postgres from "postgres";
import { z } from "zod";
import { REASONING } from "../models/calls/reasoning.ts";
import type { EffortTaker } from "../models/calls/refuse_effort.ts";
import { EFFORTS } from "../models/contestant.ts";
import type { ModelName } from "../models/model_name.ts";
import { type TokenPrices, tokenPricesSchema } from "../models/token_prices.ts";
import { type Database, query, TEXT_ARRAY } from "../platform/database.ts";
import type { PromptRef } from "./run_request.ts";

/** Prompts, datasets and prices that runs are made of. Those of other users are never found. */
export interface PromptCatalogue {
  findPrompt(ownerId: string, ref: PromptRef): Promise<FoundPrompt | null>;
  findDataset(ownerId: string, id: string): Promise<FoundDataset | null>;
  /** Measures the values of a dataset by field. A missing value has length 0. */
  measureFields(
    datasetId: string,
    fields: readonly string[],
  ): Promise<ReadonlyMap<string, FieldSize>>;
  /** Returns prices in the order of the names; null for a model without a price. */
  findPrices(names: readonly ModelName[]): Promise<readonly (TokenPrices | null)[]>;
  /** Returns reasoning efforts in the order of the names; null for a model that is not listed. */
  findEfforts(names: readonly ModelName[]): Promise<readonly (EffortTaker | null)[]>;
  readCeilings(): Promise<RunCeilings>;
}

/** Version of a prompt. */
const promptSchema = z.object({
  version_id: z.guid(),
  type: z.enum(["task", "grader"]),
  body: z.string(),
  placeholders: z.array(z.string()),
});
export type FoundPrompt = z.output<typeof promptSchema>;

const datasetSchema = z.object({ columns: z.array(z.string()), row_count: z.number() });
export type FoundDataset = z.output<typeof datasetSchema>;

const sizeSchema = z.object({
  /** Mean length of the field's values, in characters. */
  mean: z.number(),
  /** Length of the longest value, in UTF-8 bytes. */
  most: z.number(),
});
export type FieldSize = z.output<typeof sizeSchema>;
const measuredSchema = z.array(sizeSchema.extend({ field: z.string() }));

const priceSchema = z.object({ price: tokenPricesSchema.nullable() });
const effortsSchema = z.union([
  z.object({ id: z.null() }),
  z.object({
    id: z.string(),
    name: z.string(),
    reasoning: z.enum(REASONING),
    reasoning_efforts: z.array(z.enum(EFFORTS)),
  }),
]);

/** Cost ceilings of a run, in USD. */
const ceilingsSchema = z.object({
  /** Ceiling of a run whose request names none. */
  usual: z.number(),
  /** Highest ceiling that a request may name. */
  highest: z.number(),
});
export type RunCeilings = z.output<typeof ceilingsSchema>;

/** Creates the catalogue that reads from the database. */
export function createPromptCatalogue(sql: Database): PromptCatalogue {
  const ask = (statement: PromiseLike<readonly postgres.Row[]>) => query(() => statement);
  const texts = (values: readonly string[]) => sql.array([...values], TEXT_ARRAY);
  return {
    async findPrompt(ownerId, ref) {
      const [row] = await ask(sql`
          select v.id as version_id, v.type, v.body, v.placeholders
          from public.prompt_versions v
          join public.prompts p on p.id = v.prompt_id
          left join public.prompt_labels l
            on l.prompt_id = p.id and l.label = ${ref.label ?? null}::text
          where v.owner_id = ${ownerId}::uuid and (
            v.id = ${ref.prompt_version_id ?? null}::uuid
            or p.owner_id = ${ownerId}::uuid
              and (p.id = ${ref.prompt_id ?? null}::uuid or p.name = ${ref.prompt ?? null}::text)
              and (${ref.label ?? null}::text is null or v.version = l.version)
          )
          order by v.version desc
          limit 1`);
      return row === undefined ? null : promptSchema.parse(row);
    },
    async findDataset(ownerId, id) {
      const [row] = await ask(sql`
          select columns, row_count::integer from public.datasets
          where id = ${id}::uuid and owner_id = ${ownerId}::uuid`);
      return row === undefined ? null : datasetSchema.parse(row);
    },
    async measureFields(datasetId, fields) {
      if (fields.length === 0) return new Map();
      const rows = await ask(sql`
          select f.field, coalesce(avg(length(v.value #>> '{}')), 0)::float8 as mean,
            coalesce(max(octet_length(v.value #>> '{}')), 0)::float8 as most
          from unnest(${texts(fields)}::text[]) as f (field)
          cross join public.dataset_rows r
          cross join lateral (
            select case when r.data_json ? f.field then r.data_json -> f.field
              else r.data_json #> string_to_array(f.field, '.') end as value
          ) v
          where r.dataset_id = ${datasetId}::uuid
          group by f.field`);
      return new Map(measuredSchema.parse(rows).map(({ field, ...size }) => [field, size]));
    },
    async findPrices(names) {
      const rows = await ask(sql`
          select p.price from unnest(${texts(names.map(({ provider }) => provider))}::text[],
            ${texts(names.map(({ model }) => model))}::text[]) with ordinality
            as n (provider, model, place)
          left join lateral (
            select private.describe_price(m) as price
            from public.model_prices m
            where (m.model = n.provider || '/' || n.model
                -- These providers use the makers' names for models, at their own prices.
                or m.model = n.model and n.provider in ('openrouter', 'openai', 'local'))
              and m.valid_from <= now() and (m.valid_to is null or m.valid_to > now())
            order by m.model = n.model
            limit 1
          ) p on true
          order by n.place`);
      return z.array(priceSchema).parse([...rows]).map(({ price }) => price);
    },
    async findEfforts(names) {
      const rows = await ask(sql`
          select m.id, n.model as name, m.reasoning, m.reasoning_efforts
          from unnest(${texts(names.map(({ provider }) => provider))}::text[],
            ${texts(names.map(({ model }) => model))}::text[]) with ordinality
            as n (provider, model, place)
          left join public.models m on m.base_url_key = n.provider
            and m.id in (n.model, n.provider || '/' || n.model)
          order by n.place`);
      return z.array(effortsSchema).parse([...rows]).map((row) => row.id === null ? null : row);
    },
    async readCeilings() {
      const [row] = await ask(
        sql`select soft_ceiling_usd::float8 as usual, hard_ceiling_usd::float8 as highest
          from private.queue_settings`,
      );
      return ceilingsSchema.parse(row);
    },
  };
}
