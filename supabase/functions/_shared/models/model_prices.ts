import { z } from "zod";
import { longContextSchema, type TokenPrices } from "./token_prices.ts";

const usdSchema = z.number().nonnegative();

/** Prices of a model: USD per token, and USD per image. */
export const modelPricesSchema = z.object({
  input_price: usdSchema,
  output_price: usdSchema,
  cached_input_price: usdSchema,
  image_price: usdSchema,
  /** Prices of long calls. Null or absent if the length of the input does not change the price. */
  long_context: longContextSchema.nullable().exactOptional(),
});

export type ModelPrices = z.infer<typeof modelPricesSchema>;

/** Returns a model's token prices, without the price of an image. */
export function tokenPricesOf(model: ModelPrices): TokenPrices {
  const { input_price, cached_input_price, output_price, long_context = null } = model;
  return {
    input: input_price,
    cached_input: cached_input_price,
    output: output_price,
    long_context,
  };
}
