import { z } from "zod";
import { modelPricesSchema, snapshotModelSchema } from "../benchmark/config.ts";
import type { ModelCatalogue } from "../checkout/ports.ts";
import { type Database, query, TEXT_ARRAY } from "./database.ts";

/** Postgres hands numerics out as text, exactly; a price has few enough digits for a double. */
const price = z.string().transform(Number).pipe(modelPricesSchema.shape.input_price);

const rowSchema = snapshotModelSchema.omit({
  estimated_cost: true,
  reserved_cost: true,
  schema_regime: true,
}).extend({
  input_price: price,
  output_price: price,
  cached_input_price: price,
  image_price: price,
  active: z.boolean(),
  supports_vision: z.boolean(),
});

/** The table `models`. */
export function createModelCatalogue(sql: Database): ModelCatalogue {
  return {
    findModels: async (ids) => {
      const rows = await query(() =>
        sql`
          select id, name, provider, tier, base_url_key, input_price, output_price,
            cached_input_price, image_price, context_length, supports_vision,
            supports_structured_output, active
          from public.models
          where id = any(${sql.array([...ids], TEXT_ARRAY)}::text[])`
      );
      return z.array(rowSchema).parse([...rows]);
    },
  };
}
