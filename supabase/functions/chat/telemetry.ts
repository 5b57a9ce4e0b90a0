import { createPersistTelemetry } from "../_shared/chat/persist_telemetry.ts";

/** Stores one row of `chat_telemetry_log`. Neither throws nor rejects. */
export const persistTelemetry = createPersistTelemetry("chat");
