import type { PaymentSession } from "../../billing/payment_gateway.ts";
import type { Reasoning } from "../../models/calls/reasoning.ts";
import type { Effort } from "../../models/contestant.ts";
import type { ConfigSnapshot, Configuration, SnapshotModel } from "../config.ts";

/** A report about to be opened. */
export interface NewReport {
  readonly ownerId: string;
  readonly draftId: string;
  readonly config: ConfigSnapshot;
  /** SHA-256 of the configuration in canonical JSON, in hexadecimal. */
  readonly configHash: string;
  /** Predicted USD for all runs. */
  readonly estimateUsd: number;
  readonly idempotencyKey: string | null;
  /** SHA-256 of what was requested, in hexadecimal: another one with the same key is a conflict. */
  readonly requestHash: string;
}

/** A report that was opened, or found open. */
export interface OpenedReport {
  readonly reportId: string;
  readonly status: string;
  readonly isNew: boolean;
  /** Where it is paid; `null` until a session is known. */
  readonly session: PaymentSession | null;
  /** Orders of the same draft with another configuration, closed by this one. */
  readonly superseded: readonly {
    readonly reportId: string;
    readonly sessionId: string;
  }[];
}

/** Where reports are opened. */
export interface ReportStore {
  /** Those that the next report is given. */
  readCeilings(): Promise<Ceilings>;
  /**
   * Opens a report, or finds the one that is open for the same draft and configuration or was
   * opened with the same key; `"conflict"` when the key came with another request.
   */
  openReport(report: NewReport): Promise<OpenedReport | "conflict">;
  /** Notes the session that a report is paid in. */
  awaitPayment(reportId: string, session: PaymentSession): Promise<void>;
}

/** An image as Storage holds it. */
export interface StoredImage {
  readonly bytes: number;
  /** Its first bytes. */
  readonly header: Uint8Array;
  /** Changes with the content; absent where Storage does not tell it. */
  readonly etag?: string;
}

/** Where sample images are. */
export interface ImageStore {
  /**
   * Looks at images without downloading them, in the order of the paths; `null` where nothing is
   * stored. Beyond `maxBytes` the size need not be exact.
   *
   * @throws {Problem} `storage.unavailable`
   */
  inspectImages(
    paths: readonly string[],
    options: { readonly headerBytes: number; readonly maxBytes: number },
  ): Promise<readonly (StoredImage | null)[]>;
  /**
   * Reads a whole image; returns its SHA-256 in hexadecimal, `null` where nothing is stored.
   *
   * @throws {Problem} `storage.unavailable`
   */
  hashImage(path: string): Promise<string | null>;
}

/** Why no report can be ordered with a model now; see `private.find_hindrance`. */
export type Hindrance = "inactive" | "no_vision" | "unlisted" | "ending" | "no_key";

/** A model of the catalogue, with all that a checkout checks and freezes. */
export interface CatalogueModel extends
  Omit<
    SnapshotModel,
    | "estimated_cost"
    | "reserved_cost"
    | "output_limit"
    | "raised_limit"
    | "retires_at"
    | "successor"
  > {
  readonly hindrance: Hindrance | null;
  /** Day from which its provider may no longer serve it, `2027-01-14`. */
  readonly retires_at: string | null;
  /** Model to order instead. Null if this one stays available or nothing can replace it. */
  readonly successor: { readonly id: string; readonly name: string } | null;
  readonly reasoning: Reasoning;
  /** Efforts that it takes, in any order. */
  readonly reasoning_efforts: readonly Effort[];
  /** Most tokens of one answer, thinking included; null where nobody says. */
  readonly max_output_tokens: number | null;
}

/** The models that can be benchmarked. */
export interface ModelCatalogue {
  /** Those of the ids that are there, in any order. */
  findModels(ids: readonly string[]): Promise<readonly CatalogueModel[]>;
}

/** The endpoints that models are called at. */
export interface ModelEndpoints {
  /**
   * Tells whether a provider (`base_url_key`) can be called. It must have an address, and a key if
   * it needs one.
   */
  isConfigured(provider: string): boolean;
  /**
   * Reads lists of models that are older than an hour; returns whether one was read. What does not answer
   * leaves things as they are.
   */
  refreshLists(providers: readonly string[]): Promise<boolean>;
}

/** What the runs of a report may cost in USD: past `soft` none starts, past `hard` none is reserved. */
export interface Ceilings {
  readonly soft: number;
  readonly hard: number;
}

/** What customers prepare. */
export interface DraftStore {
  /**
   * The row of a draft, unchecked, for customers write what they like into theirs; `null` where
   * there is none of that id or it is another's.
   */
  findDraft(id: string, ownerId: string): Promise<unknown>;
  /**
   * Stores a configuration as a draft unless one of that id is there; `false` when that one is
   * another's.
   */
  keepDraft(
    id: string,
    ownerId: string,
    configuration: Configuration,
  ): Promise<boolean>;
}
