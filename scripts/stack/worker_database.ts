import postgres from "postgres";

/** Opens the connections of a background worker of the stack. Returns bigint values as text. */
export function connectWorker(dbUrl: string, name: string): postgres.Sql {
  return postgres(dbUrl, {
    max: 2,
    onnotice: () => {},
    connection: { application_name: name },
  });
}

/** Returns whether a query failed because its extension has not been created yet. */
export function isExtensionMissing(error: unknown): boolean {
  return error instanceof postgres.PostgresError &&
    (error.code === "42P01" || error.code === "3F000");
}
