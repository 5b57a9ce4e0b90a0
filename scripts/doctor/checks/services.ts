import { createClient } from "@supabase/supabase-js";
import { z } from "zod";
import { literal } from "../../support/run_sql.ts";
import { failed, type Finding, ok, warning } from "../finding.ts";
import type { Target } from "../target.ts";

const TIMEOUT_MS = 15_000;

/** Smallest PNG: one transparent pixel. */
const PNG = Uint8Array.fromBase64(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
);

function clientOf({ apiUrl }: Target, key: string) {
  return createClient(apiUrl, key, { auth: { persistSession: false, autoRefreshToken: false } });
}

const authSchema = z.object({ disable_signup: z.boolean(), mailer_autoconfirm: z.boolean() });

/** Checks the publishable key, and that customers can sign up and have to confirm their address. */
export async function checkAuth(target: Target): Promise<Finding[]> {
  const response = await fetch(`${target.apiUrl}/auth/v1/settings`, {
    headers: { apikey: target.publishableKey },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (response.status === 401) {
    return [failed(
      "keys",
      `${target.apiUrl} refuses the publishable key`,
      "Copy the keys of this project from Settings, API keys",
    )];
  }
  const settings = authSchema.parse(JSON.parse(text));
  if (settings.disable_signup) {
    return [failed("auth", "nobody can sign up", "deno task deploy pushes Auth's settings")];
  }
  if (settings.mailer_autoconfirm && !target.isLocal) {
    return [warning(
      "auth",
      "addresses are not confirmed: anybody can order in another's name",
      "deno task deploy pushes Auth's settings",
    )];
  }
  return [ok("auth", "the publishable key is accepted and customers can sign up")];
}

/** Uploads an image, fetches it by a signed URL as providers do, and removes it. */
export async function checkStorage(target: Target): Promise<Finding[]> {
  const bucket = clientOf(target, target.secretKey).storage.from("benchmark-images");
  const path = `doctor/${crypto.randomUUID()}.png`;
  const uploaded = await bucket.upload(path, PNG, { contentType: "image/png" });
  if (uploaded.error !== null) {
    return [failed(
      "storage",
      `an image could not be stored: ${uploaded.error.message}`,
      "Check the secret key and the bucket benchmark-images",
    )];
  }
  try {
    const { data, error } = await bucket.createSignedUrl(path, 60);
    if (error !== null) {
      return [failed("storage", `no URL was signed: ${error.message}`, "Check the secret key")];
    }
    const response = await fetch(data.signedUrl, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (response.status !== 200 || bytes.length !== PNG.length) {
      return [failed(
        "storage",
        `a signed URL answered ${response.status}, so providers get no images`,
        "Set PROJECT_URL if the project has another address",
      )];
    }
    return [ok("storage", "an image was stored and fetched by a signed URL")];
  } finally {
    await bucket.remove([path]);
  }
}

/** Joins a channel and checks that a message which the database sends arrives there. */
export async function checkRealtime(target: Target): Promise<Finding[]> {
  const client = clientOf(target, target.publishableKey);
  const topic = `doctor:${crypto.randomUUID()}`;
  const channel = client.channel(topic);
  const received = Promise.withResolvers<"received">();
  const joined = Promise.withResolvers<string>();
  const timer = setTimeout(() => joined.resolve("TIMED_OUT"), TIMEOUT_MS);
  let deadline: ReturnType<typeof setTimeout> | undefined;
  try {
    channel.on("broadcast", { event: "ping" }, () => received.resolve("received"));
    channel.subscribe((status) => joined.resolve(status));
    const status = await joined.promise;
    if (status !== "SUBSCRIBED") {
      return [failed(
        "realtime",
        `no channel could be joined: ${status}`,
        "Check the keys, and allow public access under Realtime, Settings",
      )];
    }
    await target.sql.run(
      `select realtime.send('{"from": "doctor"}', 'ping', ${literal(topic)}, false)`,
    );
    const result = await Promise.race([
      received.promise,
      new Promise<"late">((resolve) => deadline = setTimeout(() => resolve("late"), TIMEOUT_MS)),
    ]);
    return result === "received"
      ? [ok("realtime", "a channel was joined and the database's message arrived")]
      : [failed(
        "realtime",
        `a message of the database did not arrive within ${TIMEOUT_MS / 1000} s`,
        "Pages show no progress. Restart the project under Settings, General",
      )];
  } finally {
    clearTimeout(timer);
    clearTimeout(deadline);
    await client.removeAllChannels();
    client.realtime.disconnect();
  }
}
