import { writeJson } from "./json/lossless_json.ts";
import { createRedactor } from "./redact.ts";

/** Severity, least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a line besides its message. `report_id` also becomes the line's prefix. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines of JSON, in which no secret stands. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Returns a logger that adds `fields` to each line. */
  with(fields: LogFields): Logger;
}

/** Options of {@link createLogger}. */
export interface LoggerOptions {
  /** Name of the function, as in `checkout`. */
  readonly name: string;
  /** Values that must never be written, such as the project's keys. */
  readonly secrets?: readonly string[];
  /** Least severity that is written. Default `info`. */
  readonly level?: LogLevel;
  /** Takes a finished line. Default: the console's method for the level. */
  readonly write?: (line: string, level: LogLevel) => void;
  readonly now?: () => Date;
}

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * Makes a logger.
 *
 * @example
 * const log = createLogger({ name: "webhook" }).with({ report_id: "4f…" });
 * log.info("paid", { outcome: "applied" });
 * // [benchmark:4f…] {"time":"…","level":"info","function":"webhook","message":"paid",…}
 */
export function createLogger(options: LoggerOptions): Logger {
  const redact = createRedactor(options.secrets ?? []);
  const threshold = LEVELS.indexOf(options.level ?? "info");
  const write = options.write ?? ((line, level) => console[level](line));
  const now = options.now ?? (() => new Date());

  const build = (bound: LogFields): Logger => {
    const log = (level: LogLevel, message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(level) < threshold) return;
      const all = redact({ ...bound, ...fields });
      const line = writeJson({
        time: now().toISOString(),
        level,
        function: options.name,
        message: redact(message),
        ...(all as Record<string, unknown>),
      });
      const reportId = { ...bound, ...fields }["report_id"];
      write(typeof reportId === "string" ? `[benchmark:${reportId}] ${line}` : line, level);
    };
    return {
      debug: (message, fields) => log("debug", message, fields),
      info: (message, fields) => log("info", message, fields),
      warn: (message, fields) => log("warn", message, fields),
      error: (message, fields) => log("error", message, fields),
      with: (fields) => build({ ...bound, ...fields }),
    };
  };
  return build({});
}
