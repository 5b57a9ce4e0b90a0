/** Types of an order that is being put together, for the page's scripts. */
import type {
  Priority,
  Strategy,
} from "../../../supabase/functions/_shared/benchmark/configuration.ts";
import type { FieldError } from "../../../supabase/functions/_shared/platform/http/field_error.ts";
import type {
  JsonObject,
  JsonValue,
} from "../../../supabase/functions/_shared/platform/json/json_value.ts";

export type { FieldError, JsonObject, JsonValue, Priority };

/** Part of the `estimate` of `POST /checkout/estimate` that the page shows. */
export interface Estimate {
  /** USD of all runs. */
  readonly total_usd: number;
  readonly runs_per_model: number;
  readonly requested_runs_per_model: number;
  readonly calls: number;
  readonly duration_seconds: number;
  readonly per_model: readonly { readonly model_id: string; readonly usd_per_run: number }[];
  /** In the smallest unit of the currency. */
  readonly price_cents: number;
  readonly currency: string;
}

/** Sample image with what a model should read from it. */
export interface OrderImage {
  /** Path in Storage. */
  readonly path: string;
  readonly name: string;
  /** Null until it was typed, pasted or dropped. */
  expected: JsonValue;
  /** URL to show it by; undefined while it is being fetched. */
  url?: string;
}

/** Row of `benchmark_drafts` as the page edits it. */
export interface Draft {
  /** Null before it was first saved. */
  id: string | null;
  name: string;
  prompt: string;
  json_schema: JsonObject;
  images: OrderImage[];
  model_ids: string[];
  priorities: Priority[];
  runs_per_model: number;
  strategy: Strategy;
}

/** Model that can be ordered. */
export interface OfferedModel {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly tier: string;
  /** USD per token. */
  readonly input_price: number;
  readonly output_price: number;
  readonly reasoning_efforts: readonly string[];
}

/** Report that was ordered before. */
export interface OwnReport {
  readonly id: string;
  readonly status: string;
  readonly created_at: string;
  readonly share_token: string | null;
}

/** Answer to a request for an estimate. */
export interface Quote {
  readonly estimate: Estimate;
  readonly warnings: readonly FieldError[];
}
