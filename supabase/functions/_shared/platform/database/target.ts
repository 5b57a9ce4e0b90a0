import { SUPABASE_ROOT_CA } from "./supabase_root_ca.ts";

/**
 * Use of encryption for a connection. `prefer` encrypts if the server's certificate can be verified, and
 * connects without encryption otherwise. `require` refuses to connect without encryption. Deno always
 * verifies the certificate's authority and host name.
 */
export type TlsMode = "disable" | "prefer" | "require";

/** Variables that say where the database is. See `platformEnv`. */
export interface DatabaseEnv {
  readonly SUPABASE_DB_URL: string;
  readonly DATABASE_URL?: string | undefined;
  readonly DATABASE_SSL?: TlsMode | undefined;
  readonly DATABASE_CA_CERT?: string | undefined;
}

/** Address of a database and how to reach it. */
export interface DatabaseTarget {
  /** Connection string without `sslmode` and its kind. */
  readonly url: string;
  readonly hostname: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** Authorities in PEM that are trusted besides the public ones. */
  readonly authorities: readonly string[];
}

/** What other clients read in a connection string. Postgres refuses unknown start-up parameters. */
const CLIENT_PARAMETERS = [
  "sslmode",
  "sslrootcert",
  "sslnegotiation",
  "pgbouncer",
  "connection_limit",
  "channel_binding",
];

/** Modes of libpq. It verifies less in `require`; Deno cannot. */
const LIBPQ_MODES: ReadonlyMap<string, TlsMode> = new Map([
  ["disable", "disable"],
  ["allow", "prefer"],
  ["prefer", "prefer"],
  ["require", "require"],
  ["verify-ca", "require"],
  ["verify-full", "require"],
]);

/** Returns the mode that a name of libpq stands for; undefined for any other text. */
export function parseTlsMode(text: string): TlsMode | undefined {
  return LIBPQ_MODES.get(text.trim().toLowerCase());
}

/**
 * Reads where the database is. `sslmode` in the connection string wins over `DATABASE_SSL`.
 *
 * @throws {TypeError} for an unknown `sslmode`.
 */
export function readDatabaseTarget(env: DatabaseEnv): DatabaseTarget {
  const url = new URL(env.DATABASE_URL ?? env.SUPABASE_DB_URL);
  const named = url.searchParams.get("sslmode");
  const mode = named === null ? env.DATABASE_SSL ?? "prefer" : parseTlsMode(named);
  if (mode === undefined) throw new TypeError(`unknown sslmode in the connection string: ${named}`);
  for (const name of CLIENT_PARAMETERS) url.searchParams.delete(name);
  return {
    url: url.href,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 5432),
    tls: mode,
    authorities: env.DATABASE_CA_CERT === undefined ? [SUPABASE_ROOT_CA] : [env.DATABASE_CA_CERT],
  };
}
