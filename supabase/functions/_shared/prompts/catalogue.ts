import type { EffortTaker } from "../models/calls/refuse_effort.ts";
import type { ModelName } from "../models/model_name.ts";
import type { TokenPrices } from "../models/token_prices.ts";
import type { PromptRef } from "./run_request.ts";

/** A version of a prompt. */
export interface FoundPrompt {
  readonly versionId: string;
  readonly type: "task" | "grader";
  readonly body: string;
  readonly placeholders: readonly string[];
}

/** A dataset, as far as a run needs it. */
export interface FoundDataset {
  readonly columns: readonly string[];
  readonly rowCount: number;
}

/** How long a field's values are. */
export interface FieldSize {
  /** Mean characters. */
  readonly mean: number;
  /** UTF-8 bytes of the longest. */
  readonly most: number;
}

/** USD: a run's ceiling where the caller names none, and the highest that may be named. */
export interface RunCeilings {
  readonly usual: number;
  readonly highest: number;
}

/** What runs are made of. What is another's is not there. */
export interface PromptCatalogue {
  findPrompt(ownerId: string, ref: PromptRef): Promise<FoundPrompt | null>;
  findDataset(ownerId: string, id: string): Promise<FoundDataset | null>;
  /** Of a dataset that was found, by field; a value that is missing has no length. */
  measureFields(
    datasetId: string,
    fields: readonly string[],
  ): Promise<ReadonlyMap<string, FieldSize>>;
  /** In the order of the names; null for a model without a price. */
  findPrices(names: readonly ModelName[]): Promise<readonly (TokenPrices | null)[]>;
  /** In the order of the names; null for a model that the catalogue does not have. */
  findEfforts(names: readonly ModelName[]): Promise<readonly (EffortTaker | null)[]>;
  readCeilings(): Promise<RunCeilings>;
}
