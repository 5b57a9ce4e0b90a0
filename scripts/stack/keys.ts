import { createHash, randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { SignJWT } from "jose";
import { z } from "zod";
import { whenMissing } from "../support/when_missing.ts";

const keysSchema = z.object({
  publishable: z.string().startsWith("sb_publishable_"),
  secret: z.string().startsWith("sb_secret_"),
  jwtSecret: z.string().min(32),
  anonJwt: z.string(),
  serviceRoleJwt: z.string(),
  databaseAdminPassword: z.string().min(16),
});

/** Keys of clients and functions. Each stack directory has its own set. */
export type StackKeys = Readonly<z.infer<typeof keysSchema>>;

/** Returns the keys in `file`. Creates the file, readable only by its owner, if it does not exist. */
export async function loadKeys(file: string): Promise<StackKeys> {
  const kept = await Deno.readTextFile(file).catch(whenMissing(undefined));
  if (kept !== undefined) return keysSchema.parse(JSON.parse(kept));
  const keys = await generateKeys();
  await Deno.mkdir(dirname(file), { recursive: true });
  const draft = `${file}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, JSON.stringify(keys, null, 2) + "\n", { mode: 0o600 });
  try {
    // Unlike a rename, a link fails if another process was first. Both processes then read the same
    // keys.
    await Deno.link(draft, file);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return keysSchema.parse(JSON.parse(await Deno.readTextFile(file)));
  } finally {
    await Deno.remove(draft);
  }
  return keys;
}

/** Creates a new set of keys in the formats that Supabase uses. */
export async function generateKeys(): Promise<StackKeys> {
  const jwtSecret = randomToken(36);
  return {
    publishable: generateApiKey("publishable"),
    secret: generateApiKey("secret"),
    jwtSecret,
    anonJwt: await signLegacyKey("anon", jwtSecret),
    serviceRoleJwt: await signLegacyKey("service_role", jwtSecret),
    databaseAdminPassword: randomToken(24),
  };
}

/** Returns a key in the format of self-hosted Supabase: 22 random letters and 8 letters of checksum. */
function generateApiKey(kind: "publishable" | "secret"): string {
  const unchecked = `sb_${kind}_${randomToken(17).slice(0, 22)}`;
  const digest = createHash("sha256").update(`supabase-self-hosted|${unchecked}`);
  return `${unchecked}_${digest.digest("base64url").slice(0, 8)}`;
}

function signLegacyKey(role: "anon" | "service_role", secret: string): Promise<string> {
  return new SignJWT({ role, ref: "local" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("supabase")
    .setIssuedAt()
    .setExpirationTime("10y")
    .sign(new TextEncoder().encode(secret));
}

function randomToken(bytes: number): string {
  return randomBytes(bytes).toString("base64url");
}
