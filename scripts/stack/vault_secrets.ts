import postgres from "postgres";

/** Keeps secrets where SQL reads them, `vault.decrypted_secrets`, under their names. */
export async function keepVaultSecrets(
  adminUrl: string,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    for (const [name, value] of Object.entries(secrets)) {
      const kept = await sql`
        select vault.update_secret(id, ${value}) from vault.secrets where name = ${name}`;
      if (kept.length === 0) await sql`select vault.create_secret(${value}, ${name})`;
    }
  } finally {
    await sql.end();
  }
}
