import { existsSync } from "node:fs";
import { join } from "node:path";
import { html } from "hono/html";
import { z } from "zod";
import { tryParseJson } from "../../support/try_parse_json.ts";

const address = z.string().refine(
  (text) => z.email().safeParse(/<([^<>]+)>$/.exec(text)?.[1] ?? text).success,
  "Invalid address: use `email@example.com` or `Name <email@example.com>`",
);
const addresses = z.union([address.transform((one) => [one]), z.array(address).min(1).max(50)]);

/** Part of the body of `POST /emails` that the simulation uses. */
export const messageSchema = z.looseObject({
  from: address,
  to: addresses,
  subject: z.string().min(1),
  html: z.string().optional(),
  text: z.string().optional(),
  reply_to: addresses.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  tags: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
});

type Message = z.infer<typeof messageSchema>;

/** Accepted e-mail. */
const sentEmailSchema = z.object({
  id: z.string(),
  /** Time in ISO 8601. */
  created_at: z.string(),
  message: messageSchema,
  idempotency_key: z.string().nullable(),
  /** Digest of the request's body, which distinguishes a repetition from another request. */
  fingerprint: z.string(),
  /** Name of the HTML file in the outbox. */
  file: z.string(),
});

export type SentEmail = z.infer<typeof sentEmailSchema>;

const KEY_LIFE_MS = 24 * 60 * 60 * 1000;

/**
 * Directory of sent e-mails. `<time>-<subject>-<recipient>.html` holds the page, and a `.json` file
 * with the same name holds the rest. Idempotency keys are restored from these files after a
 * restart.
 */
export class Outbox {
  readonly emails: SentEmail[];

  constructor(readonly directory: string) {
    Deno.mkdirSync(directory, { recursive: true });
    this.emails = readEmails(directory);
  }

  /** Returns the e-mail sent with this key within the last 24 hours. */
  findByKey(key: string): SentEmail | undefined {
    const oldest = Date.now() - KEY_LIFE_MS;
    return this.emails.find((email) =>
      email.idempotency_key === key && Date.parse(email.created_at) > oldest
    );
  }

  /** Writes an e-mail and returns its record. */
  add(message: Message, idempotency_key: string | null, fingerprint: string): SentEmail {
    const createdAt = new Date().toISOString();
    const time = createdAt.slice(0, 19).replaceAll(":", "-");
    const name = `${time}-${slug(message.subject)}-${slug(message.to[0] ?? "")}`;
    const id = crypto.randomUUID();
    const base = existsSync(join(this.directory, `${name}.html`))
      ? `${name}-${id.slice(0, 8)}`
      : name;
    const file = `${base}.html`;
    const email = { id, created_at: createdAt, message, idempotency_key, fingerprint, file };
    const page = message.html ?? String(html`<pre>${message.text ?? ""}</pre>`);
    Deno.writeTextFileSync(join(this.directory, file), page);
    // Written last: if the process is killed before, the e-mail counts as unsent and its sender
    // sends it again.
    Deno.writeTextFileSync(join(this.directory, `${base}.json`), JSON.stringify(email, null, 2));
    this.emails.push(email);
    return email;
  }
}

function readEmails(directory: string): SentEmail[] {
  const emails: SentEmail[] = [];
  for (const { name } of Deno.readDirSync(directory)) {
    if (!name.endsWith(".json")) continue;
    const parsed = sentEmailSchema.safeParse(
      tryParseJson(Deno.readTextFileSync(join(directory, name))),
    );
    if (parsed.success) emails.push(parsed.data);
  }
  return emails.sort((a, b) => a.created_at.localeCompare(b.created_at));
}

function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60);
}
