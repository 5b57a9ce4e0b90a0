import { z } from "zod";
import {
  createTelemetry,
  type Telemetry,
  type TelemetryRecord,
} from "../_shared/chat/telemetry.ts";
import { createTelemetryLog } from "../_shared/chat/telemetry_log.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import { parseEnv, platformEnv, secretsIn } from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";

export type { TelemetryRecord };

let telemetry: Telemetry | undefined;

/** With connections of its own, as no row may wait for an answer's or make one wait. */
function compose(): Telemetry {
  const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
  const sql = connectDatabase(env.SUPABASE_DB_URL, { name: "chat-telemetry", max: 1 });
  const log = createLogger({ name: "chat", secrets: secretsIn(env) });
  return createTelemetry(createTelemetryLog(sql), { waitUntil, log, clock: systemClock });
}

/**
 * Leaves one row of `chat_telemetry_log`, written as `service_role`. Never throws or rejects and is
 * settled at once: the row is written behind the answer, and what fails is logged.
 */
export async function persistTelemetry(record: TelemetryRecord): Promise<void> {
  try {
    telemetry ??= compose();
    await telemetry.persistTelemetry(record);
  } catch (error) {
    createLogger({ name: "chat" }).error("telemetry was not written", { error });
  }
}
