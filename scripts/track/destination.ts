import { z } from "zod";
import { loadConfig } from "../stack/config.ts";
import { findRunningStack } from "../stack/state_file.ts";

/** The project that runs are sent to, and the account that sends them. */
export interface Destination {
  readonly apiUrl: string;
  /** The publishable key. */
  readonly key: string;
  readonly email: string;
  readonly password: string;
  /** True if the account may be created when it does not exist. */
  readonly maySignUp: boolean;
}

/** The account that owns the runs of the local stack. */
const LOCAL_ACCOUNT = { email: "tracker@example.com", password: "keeps-every-run-it-is-given" };

const environmentSchema = z.object({
  TRACK_URL: z.url(),
  TRACK_KEY: z.string().min(1),
  TRACK_EMAIL: z.string().min(1),
  TRACK_PASSWORD: z.string().min(1),
});

/**
 * Returns the destination of `TRACK_URL`, `TRACK_KEY`, `TRACK_EMAIL` and `TRACK_PASSWORD`, else the
 * running local stack; null if no stack runs.
 *
 * @throws {Error} if only some of the variables are set.
 */
export async function findDestination(stackDir: string): Promise<Destination | null> {
  const names = Object.keys(environmentSchema.shape);
  if (Deno.env.get("TRACK_URL") !== undefined) {
    const parsed = environmentSchema.safeParse(
      Object.fromEntries(names.map((name) => [name, Deno.env.get(name)])),
    );
    if (!parsed.success) {
      throw new Error(
        `Set all of ${names.join(", ")} or none. Missing or invalid: ${
          parsed.error.issues.map(({ path }) => path.join(".")).join(", ")
        }.`,
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
