import { z } from "zod";
import { loadConfig } from "../stack/config.ts";
import { findRunningStack } from "../stack/state.ts";

/** Where runs are sent, and as whom. */
export interface Place {
  readonly apiUrl: string;
  /** The publishable key. */
  readonly key: string;
  readonly email: string;
  readonly password: string;
  /** Whether the account may be made where it is missing. */
  readonly maySignUp: boolean;
}

/** The account that the local stack's runs belong to. */
const LOCAL_ACCOUNT = { email: "tracker@example.com", password: "keeps-every-run-it-is-given" };

const environmentSchema = z.object({
  TRACK_URL: z.url(),
  TRACK_KEY: z.string().min(1),
  TRACK_EMAIL: z.string().min(1),
  TRACK_PASSWORD: z.string().min(1),
});

/**
 * What `TRACK_URL`, `TRACK_KEY`, `TRACK_EMAIL` and `TRACK_PASSWORD` say, else the local stack that
 * runs; null when none does.
 *
 * @throws {Error} where only some of them are set.
 */
export async function findPlace(stackDir: string): Promise<Place | null> {
  const names = Object.keys(environmentSchema.shape);
  if (Deno.env.get("TRACK_URL") !== undefined) {
    const parsed = environmentSchema.safeParse(
      Object.fromEntries(names.map((name) => [name, Deno.env.get(name)])),
    );
    if (!parsed.success) {
      throw new Error(
        `With TRACK_URL, all of ${names.join(", ")} are needed: ${
          parsed.error.issues.map(({ path }) => path.join(".")).join(", ")
        } cannot be used.`,
      );
    }
    const { TRACK_URL, TRACK_KEY, TRACK_EMAIL, TRACK_PASSWORD } = parsed.data;
    return {
      apiUrl: TRACK_URL.replace(/\/+$/, ""),
      key: TRACK_KEY,
      email: TRACK_EMAIL,
      password: TRACK_PASSWORD,
      maySignUp: false,
    };
  }
  const stack = await findRunningStack((await loadConfig({ stackDir })).stackDir);
  if (stack === undefined) return null;
  return { apiUrl: stack.apiUrl, key: stack.publishableKey, ...LOCAL_ACCOUNT, maySignUp: true };
}
