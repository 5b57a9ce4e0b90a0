import { z } from "zod";
import { createTelemetry, type PersistTelemetry } from "../_shared/chat/telemetry.ts";
import { createTelemetryLog, type TelemetryRecord } from "../_shared/chat/telemetry_log.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import { parseEnv, platformEnv, secretsIn } from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";

let persist: PersistTelemetry | undefined;

/** Stores one row of `chat_telemetry_log`. Neither throws nor rejects: see {@link PersistTelemetry}. */
export async function persistTelemetry(record: TelemetryRecord): Promise<void> {
  try {
    persist ??= compose();
    await persist(record);
  } catch (error) {
    createLogger({ name: "chat" }).error("telemetry row was not written", { error });
  }
}

/** Uses a connection of its own, so that telemetry and answers do not wait for each other. */
function compose(): PersistTelemetry {
  const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
  const sql = connectDatabase(env, { name: "chat-telemetry" });
  const log = createLogger({ name: "chat", secrets: secretsIn(env) });
  return createTelemetry(createTelemetryLog(sql), { waitUntil, log, clock: systemClock });
}
