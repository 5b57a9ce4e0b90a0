import { type Clock, pause } from "../platform/clock.ts";
import type { Logger } from "../platform/logger.ts";
import type { TelemetryRecord, TelemetryStore } from "./telemetry_log.ts";

/** Dependencies of {@link createTelemetry}. */
export interface TelemetryRuntime {
  /** Keeps the isolate alive until the work is done, also after the response. */
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Stores one row in the background. Resolves at once and never rejects: a row that cannot be stored is
 * logged.
 */
export type PersistTelemetry = (record: TelemetryRecord) => Promise<void>;

/** Pause before each further attempt. */
const RETRY_AFTER_MS = [250, 1_000, 4_000];

/** Creates the function that stores telemetry. */
export function createTelemetry(
  store: TelemetryStore,
  { waitUntil, log, clock }: TelemetryRuntime,
): PersistTelemetry {
  const persist = async (record: TelemetryRecord): Promise<void> => {
    try {
      const row = storable(record) as TelemetryRecord;
      for (const delayMs of [...RETRY_AFTER_MS, null]) {
        try {
          return await store.insert(row);
        } catch (error) {
          if (delayMs === null || !store.isPassing(error)) throw error;
          await pause(clock, delayMs);
        }
      }
    } catch (error) {
      log.error("telemetry row was not written", {
        error,
        user_id: record.userId,
        conversation_id: record.conversationId,
        error_type: record.errorType,
      });
    }
  };
  return (record) => {
    const work = persist(record);
    try {
      waitUntil(work);
    } catch (error) {
      log.warn("telemetry row may be lost if the isolate ends now", { error });
    }
    return Promise.resolve();
  };
}

const INTEGER_MAX = 2 ** 31 - 1;

/** Returns a value as Postgres can store it, so that one bad character does not lose the row. */
function storable(value: unknown): unknown {
  // Text and jsonb cannot hold U+0000, and jsonb cannot hold half of a surrogate pair.
  if (typeof value === "string") return value.toWellFormed().replaceAll("\0", "\uFFFD");
  if (typeof value === "number") {
    return Number.isFinite(value) ? Math.min(Math.max(Math.round(value), 0), INTEGER_MAX) : null;
  }
  if (Array.isArray(value)) return value.map(storable);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      // USD are the only fractions; all other numbers are whole in the table.
      Object.entries(value).map((
        [name, one],
      ) => [name, name.endsWith("Usd") ? one : storable(one)]),
    );
  }
  return value ?? null;
}
