import postgres from "postgres";

/** Stores secrets in Vault, so that SQL can read them by name in `vault.decrypted_secrets`. */
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
