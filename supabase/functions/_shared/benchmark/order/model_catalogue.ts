import { z } from "zod";
import { REASONING } from "../../models/calls/reasoning.ts";
import { EFFORTS } from "../../models/contestant.ts";
import { modelPricesSchema } from "../../models/model_prices.ts";
import { longContextSchema } from "../../models/token_prices.ts";
import { type Database, query, TEXT_ARRAY } from "../../platform/database.ts";
import { snapshotModelSchema } from "../snapshot.ts";

/** Models that can be benchmarked. */
export type ModelCatalogue = ReturnType<typeof createModelCatalogue>;

/** Price as text, the exact form in which Postgres returns numerics, read as a double. */
const price = z.string().transform(Number).pipe(modelPricesSchema.shape.input_price);

const catalogueModelSchema = snapshotModelSchema.omit({
  estimated_cost: true,
  reserved_cost: true,
  schema_regime: true,
  retires_at: true,
  successor: true,
  output_limit: true,
  raised_limit: true,
}).extend({
  reasoning: z.enum(REASONING),
  /** Efforts that it takes, in any order. */
  reasoning_efforts: z.array(z.enum(EFFORTS)).readonly(),
  /** Largest number of tokens in one answer, thinking included; null if unknown. */
  max_output_tokens: z.number().nullable(),
  input_price: price,
  output_price: price,
  cached_input_price: price,
  image_price: price,
  long_context: longContextSchema.nullable().exactOptional(),
  /** Reason why it cannot be ordered now, or null; see `private.find_hindrance`. */
  hindrance: z.enum(["inactive", "no_vision", "unlisted", "ending", "no_key"]).nullable(),
  /** Day from which its provider may no longer serve it, `2027-01-14`. */
  retires_at: z.iso.date().nullable(),
  /** Model to order instead. Null if this one stays available or nothing can replace it. */
  successor: z.object({ id: z.string(), name: z.string() }).nullable(),
});

/** Model of the catalogue, with everything that a checkout checks and freezes. */
export type CatalogueModel = z.output<typeof catalogueModelSchema>;

/** Creates the reader of the table `models`. */
export function createModelCatalogue(sql: Database) {
  return {
    /** Returns the models of these ids that exist, in any order. */
    findModels: async (ids: readonly string[]): Promise<readonly CatalogueModel[]> => {
      const rows = await query(() =>
        sql`
          select m.id, m.name, m.provider, m.tier, m.base_url_key, m.input_price, m.output_price,
            m.cached_input_price, m.image_price, case when m.long_context_above is not null then
              jsonb_build_object('above', m.long_context_above, 'input', m.long_context_input_price,
                'cached_input', m.long_context_cached_input_price, 'output', m.long_context_output_price)
            end as long_context, m.context_length, m.supports_structured_output,
            m.reasoning, m.reasoning_efforts, m.max_output_tokens,
            h.hindrance, to_char(m.retires_at, 'YYYY-MM-DD') as retires_at,
            (select jsonb_build_object('id', s.id, 'name', s.name) from public.models s
              where (h.hindrance is not null or m.retires_at is not null)
                and s.id = private.find_successor(m.id)) as successor
          from public.models m
          cross join lateral (select private.find_hindrance(m) as hindrance) h
          where m.id = any(${sql.array([...ids], TEXT_ARRAY)}::text[])`
      );
      return z.array(catalogueModelSchema).parse([...rows]);
    },
  };
}
