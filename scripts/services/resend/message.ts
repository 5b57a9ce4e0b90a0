import { z } from "zod";

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

export type Message = z.infer<typeof messageSchema>;

/** Accepted e-mail. */
export const sentEmailSchema = z.object({
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
