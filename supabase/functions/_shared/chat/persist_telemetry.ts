import { z } from "zod";
import { connectDatabase } from "../platform/database.ts";
import { waitUntil } from "../platform/edge_runtime.ts";
import { parseEnv, platformEnv, secretsIn } from "../platform/env.ts";
import { createLogger } from "../platform/logger.ts";
import { systemClock } from "../platform/system_clock.ts";
import { createTelemetry, type PersistTelemetry } from "./telemetry.ts";
import { createTelemetryLog } from "./telemetry_log.ts";

/**
 * Returns the function that stores rows of `chat_telemetry_log` for the function with the given name.
 * It reads the environment at its first call, and neither throws nor rejects without one.
 */
export function createPersistTelemetry(name: string): PersistTelemetry {
  let persist: PersistTelemetry | undefined;
  return async (record) => {
    try {
      persist ??= compose(name);
      await persist(record);
    } catch (error) {
      createLogger({ name }).error("telemetry row was not written", { error });
    }
  };
}

/** Uses a connection of its own, so that telemetry and answers do not wait for each other. */
function compose(name: string): PersistTelemetry {
  const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
  const sql = connectDatabase(env, { name: `${name}-telemetry` });
  const log = createLogger({ name, secrets: secretsIn(env) });
  return createTelemetry(createTelemetryLog(sql), { waitUntil, log, clock: systemClock });
}
