import { z } from "zod";

/**
 * Limits on what the providers behind OpenRouter may do with a request, in OpenRouter's own words. A
 * field that is absent restricts nothing.
 */
export const dataPolicySchema = z.strictObject({
  /** Only endpoints that do not collect the data, and so do not train on it. */
  data_collection: z.literal("deny").exactOptional(),
  /** Only endpoints with zero data retention. */
  zdr: z.literal(true).exactOptional(),
});
export type DataPolicy = z.infer<typeof dataPolicySchema>;

/** Providers that keep to a {@link DataPolicy}: OpenRouter by its routing, and our own OCR. */
const KEEPERS: ReadonlySet<string> = new Set(["openrouter", "local"]);

/** Returns true if the provider (`base_url_key`) keeps to every data policy that it is sent. */
export function keepsDataPolicy(provider: string): boolean {
  return KEEPERS.has(provider);
}

/** Returns the policy for an order's choice; undefined if it restricts nothing. */
export function dataPolicyOf(
  { data_collection, zdr }: { readonly data_collection: "allow" | "deny"; readonly zdr: boolean },
): DataPolicy | undefined {
  if (data_collection === "allow" && !zdr) return undefined;
  return {
    ...data_collection === "deny" ? { data_collection } : {},
    ...zdr ? { zdr } : {},
  };
}

/** Describes a policy in a sentence for the report. */
export function describeDataPolicy({ data_collection, zdr }: DataPolicy): string {
  const rules = [
    ...data_collection === undefined ? [] : ["do not collect data (data_collection: deny)"],
    ...zdr === undefined ? [] : ["retain no data (zdr)"],
  ];
  return `OpenRouter was told to use only endpoints that ${rules.join(" and ")}.`;
}
